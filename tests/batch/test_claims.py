"""Claims: one run at a time, and none any more when the run is dead."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rebokeh.bokeh.batch.stores.claims import Claims

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks there")

HOLDS = """
import sys, time
from rebokeh.bokeh.batch.stores.claims import Claims
claims = Claims(sys.argv[1])
print(claims.run, claims.take("a"), claims.take("b"), flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims"


def test_a_target_is_one_run_s_at_a_time(path):
    one, two = Claims(path), Claims(path)
    assert one.take("a") and not two.take("a")
    assert two.take("b") and not one.take("b")
    assert one.take("a")
    one.free("a")
    assert two.take("a") and not one.take("a")
    two.close()
    assert one.take("a") and one.take("b")
    one.close()
    assert path.stat().st_size == 0


def test_a_run_is_alive_until_it_ends(path):
    one, two = Claims(path), Claims(path)
    assert one.run != two.run
    assert one.alive(one.run) and one.alive(two.run) and two.alive(one.run)
    two.close()
    assert not one.alive(two.run) and not one.alive("0123456789abcd")
    one.close()


def test_a_killed_run_holds_nothing(path):
    process = subprocess.Popen([sys.executable, "-c", HOLDS, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    run, *taken = process.stdout.readline().split()
    assert taken == ["True", "True"]
    claims = Claims(path)
    assert not claims.take("a") and not claims.take("b") and claims.alive(run)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert claims.take("a") and claims.take("b") and not claims.alive(run)
    claims.close()


def test_what_a_run_starts_holds_none_of_its_claims(path):
    claims = Claims(path)
    claims.take("a")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    try:
        claims.close()
        after = Claims(path)
        assert after.take("a")
        after.close()
    finally:
        child.kill()
        child.wait()
