"""How a run of the command line ends: an exit code and one line for what goes wrong, and at once when it is told to.

Decoders, encoders, the compiler and long loops are deaf to signals while they run. So a process of our own does the
work in a thread, and the main thread waits for signals: it undoes what is unfinished and leaves without asking.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..core.errors import FAILED, RebokehError, UsageError, error_line
from ..settings.flags import with_flags
from .flags import print_json

_HINTS = {
    "no such option: --aperture": "the f-number is --fstop",
    "no such option: --f-stop": "the f-number is --fstop",
    "unexpected extra argument": "a value or a name with a blank in it needs quotes; {see}",
}
"""What to do about errors of the parser, by words of theirs."""

ENDINGS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}
"""Exit code and word for each signal that ends a run."""


class Terminated(BaseException):
    """SIGTERM, where somebody else's process runs us: unwinds as Ctrl-C does."""


@dataclass
class Run:
    """One run of the command line.

    Parameters
    ----------
    begun : float
        When, by `time.perf_counter`.
    undo : list of callable
        What must be done, and quickly, before the process may end in the middle of it.
    words : list of str
        What was said.
    may_end_at_once : bool
        Whether nothing is left that Python's own end of a process would have to close.
    wind_down : callable, optional
        Has the run finish what it is doing and begin nothing more. Where there is one, that is what a first signal
        asks for, and only a second one ends the process at once.
    """

    begun: float = field(default_factory=time.perf_counter)
    undo: list[Callable[[], object]] = field(default_factory=list)
    wind_down: Callable[[], object] | None = None
    words: list[str] = field(default_factory=list)
    may_end_at_once: bool = False

    @classmethod
    def of_process(cls) -> Run:
        """Begin when the process began: until here it has done nothing but compute."""
        return cls(time.perf_counter() - time.process_time())


def say(text: str) -> None:
    """Print one line on standard error, with flags for arguments, whatever bytes a file's name holds."""
    print("".join(c if c.isprintable() else repr(c)[1:-1] for c in with_flags(text)), file=sys.stderr)


def guarded(call: Callable[[], Any], *, debug: bool, as_json: bool = False) -> int:
    """Run `call` in this thread; one line on standard error and an exit code for whatever it raises."""
    before = _catch_sigterm()
    try:
        return _explained(call, debug, as_json)
    except KeyboardInterrupt:
        code, word = ENDINGS[signal.SIGINT]
    except Terminated:
        code, word = ENDINGS[signal.SIGTERM]
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
    say(f"rebokeh: {word}")
    return code


def guarded_apart(call: Callable[[], Any], run: Run, *, debug: bool, as_json: bool = False) -> int:
    """Run `call` in a thread of its own, as `guarded` does; a signal ends the process at once.

    Only for the main thread of a process that is ours.
    """
    asked: list[int] = []

    def hear(number: int, _: object) -> None:
        if run.wind_down is None or asked:
            end(number)
        asked.append(number)
        run.wind_down()

    def end(number: int) -> NoReturn:
        for other in ENDINGS:
            signal.signal(other, signal.SIG_IGN)
        code, word = ENDINGS[signal.Signals(number)]
        for undo in run.undo:
            with contextlib.suppress(Exception):
                undo()
        with contextlib.suppress(Exception):  # nobody may be left to read it
            say(f"rebokeh: {word}")
            sys.stderr.flush()
        os._exit(code)

    for number in ENDINGS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a script
            signal.signal(number, hear)
    codes: list[int] = []
    worker = threading.Thread(
        target=lambda: codes.append(_explained(call, debug, as_json)), name="rebokeh", daemon=True
    )
    worker.start()
    while worker.is_alive():
        worker.join(0.1)  # some systems hear no Ctrl-C during an endless wait
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)  # what was asked for is done, and the process ends by itself
    if asked:
        code, word = ENDINGS[signal.Signals(asked[0])]
        say(f"rebokeh: {word}")
        return code
    return codes[0] if codes else FAILED


def leave(code: int) -> NoReturn:
    """End this process with an exit code, at once: Python takes a while to take compiled loops and pictures apart."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # closed, or nobody is left to read it: Python knows what to say
        sys.exit(code)
    os._exit(code)


def _explained(call: Callable[[], Any], debug: bool, as_json: bool) -> int:
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")
            code = call()
        if code == ENDINGS[signal.SIGINT][0]:  # the parser has caught it
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except SystemExit as leaving:  # the parser, when it has shown or installed the shell's completion
        return leaving.code if isinstance(leaving.code, int) else 0
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        code, line = _error_line(error)
        if as_json:
            with contextlib.suppress(OSError):  # nobody may be left to read it
                print_json({"error": {"code": code, "kind": _kind(error), "message": line}})
        say(f"rebokeh: {line}")
        return code


def _kind(error: Exception) -> str:
    """Name the kind of an error, as the library calls it."""
    return UsageError.__name__ if hasattr(error, "format_message") else type(error).__name__


def _error_line(error: Exception) -> tuple[int, str]:
    """Return the exit code of an error, and one line that says it as the command line speaks."""
    if hasattr(error, "format_message"):  # the parser's own errors, whichever library typer has them from
        message = " ".join(str(error.format_message()).split()).rstrip(".")  # pyright: ignore[reportAttributeAccessIssue]
        message = message.replace("Value error, ", "")
        path = getattr(getattr(error, "ctx", None), "command_path", "rebokeh").removesuffix(" render")
        see = f"see {path} --help"
        hint = next((said.format(see=see) for words, said in _HINTS.items() if words in message.lower()), see)
        return UsageError.exit_code, f"{message[:1].lower()}{message[1:]}; {hint}"
    code, line = error_line(error)
    is_known = isinstance(error, (RebokehError, MemoryError, OSError))
    return code, line if is_known else f"{line}; --debug shows where"


def _catch_sigterm() -> Any:
    def stop(*_: object) -> None:
        raise Terminated

    try:
        return signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: whoever runs us there handles signals
        return None
