"""A batch as it is watched: a bar, a line for each photo, and how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...settings.flags import with_flags
from ..flags import print_json
from ..guard import Run
from ..progress_bar import Bar

if TYPE_CHECKING:
    from ...batch.job import Outcome
    from ...batch.library import Library
    from ...batch.tally import Tally

STATUSES = {
    "done": "rendered",
    "already": "done before",
    "skipped": "skipped",
    "failed": "failed",
    "quarantined": "quarantined",
    "left": "left",
}


@dataclass
class Follower:
    """Says what becomes of the photos of a batch.

    Parameters
    ----------
    out : str
        The output folder or URL.
    bar : Bar or None
    tell : callable
        Prints a line.
    as_json : bool
        Print an object for each input.
    verbose : bool
        Say of each input what became of it.
    quiet : bool

    Attributes
    ----------
    otherwise : int
        Pictures that stand there already, made by another recipe.
    """

    out: str
    bar: Bar | None
    tell: Callable[[str], object]
    as_json: bool
    verbose: bool
    quiet: bool
    otherwise: int = field(default=0, init=False)

    def follow(self, outcomes: Iterable[Outcome], tally: Tally) -> Iterator[Outcome]:
        """Yield each outcome, counted and told."""
        from ...batch.report import to_json

        for outcome in map(in_flags, outcomes):
            tally.add(outcome)
            if self.bar is not None:
                self.bar(str(tally), tally.share)
            if self.as_json:
                print_json(to_json(outcome, self.out))
            self.otherwise += outcome.status == "skipped" and outcome.code == "OutputError"
            if not self.quiet:
                self._say(outcome)
            yield outcome

    def _say(self, outcome: Outcome) -> None:
        """Say what became of an input, if that is news."""
        if outcome.status in ("failed", "quarantined") or (self.verbose and outcome.reason):
            self.tell(f"rebokeh: {STATUSES[outcome.status]}: {outcome.reason}")
        elif self.verbose:
            self.tell(f"{STATUSES[outcome.status]}: {outcome.output}")
        for warning in outcome.warnings if self.verbose else ():
            self.tell(f"rebokeh: warning: {outcome.output}: {warning}")


def in_flags(outcome: Outcome) -> Outcome:
    """Say why with flags, in the report too."""
    return replace(outcome, reason=with_flags(outcome.reason), warnings=tuple(map(with_flags, outcome.warnings)))


def stop_gently(run: Run, library: Library, tell: Callable[[str], object]) -> None:
    """Have a first Ctrl-C finish what is being written, and a second one end the run."""

    def wind_down() -> None:
        tell("rebokeh: finishing what is being written; a second Ctrl-C ends at once")
        library.stop()

    run.undo.append(library.abandon)
    run.wind_down = wind_down


def how_it_went(counts: Counter[str], seconds: float) -> str:
    """Say in a few words how it went."""
    said = [f"{counts[status]} {words}" for status, words in STATUSES.items() if counts[status]]
    return f"{', '.join(said) or 'nothing to do'} in {seconds:.0f} s"
