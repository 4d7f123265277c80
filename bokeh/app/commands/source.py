"""The photo that a command is about, and what gives it depth and a matte: as the options say it, until it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ...photo.load_options import Anchor, LoadOptions
from ...settings.units import parse_anchor, parse_length_m
from .streams import stdin_bytes

if TYPE_CHECKING:
    from ...photo.photo import Photo

# Options that the command line takes in words; the others are taken as they are.
_IN_WORDS: dict[str, Callable[[Any], Any]] = {
    "anchors": lambda texts: tuple(Anchor(*parse_anchor(text)) for text in texts),
    "baseline_m": lambda text: parse_length_m(text, "baseline"),
}


@dataclass(frozen=True)
class Source:
    """What is read: the photo's name, ``-`` for standard input, and what is asked of it."""

    photo: str
    options: LoadOptions

    @classmethod
    def of(cls, photo: str, given: Mapping[str, Any]) -> Source:
        """Take what a command was given of `LoadOptions`.

        Raises
        ------
        UsageError
            When options contradict each other, or a length or an anchor makes no sense.
        """
        said = {one.name: given[one.name] for one in fields(LoadOptions) if given.get(one.name) is not None}
        read = {name: _IN_WORDS[name](value) if name in _IN_WORDS else value for name, value in said.items()}
        return cls(photo, LoadOptions(**read))

    @property
    def files(self) -> list[str]:
        """All that must survive."""
        return [self.photo, *map(str, self.options.files)]

    @property
    def content(self) -> str | bytes:
        """The photo's name, or its bytes from standard input if that is ``-``."""
        return stdin_bytes() if self.photo == "-" else self.photo

    def load(self) -> Photo:
        """Read the photo."""
        from ...load import completed, opened

        return completed(opened(self.content), self.options)
