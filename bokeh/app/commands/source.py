"""The photo that a command is about, and what gives it depth and a matte: as the options say it, until it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ...photo.load_options import Anchor, LoadOptions
from ...settings.units import parse_anchor, parse_length_m
from .streams import stdin_bytes

if TYPE_CHECKING:
    from ...photo.photo import Photo


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
        return cls(photo, LoadOptions(**{name: _read(name, value) for name, value in said.items()}))

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

        return completed(opened(self.content, self.options), self.options)


def _read(name: str, value: Any) -> Any:
    """Read an option that the command line takes in words: anchors, and lengths, whose names end in ``_m``."""
    if name == "anchors":
        return tuple(Anchor(*parse_anchor(text)) for text in value)
    return parse_length_m(value, name.removesuffix("_m").replace("_", " ")) if name.endswith("_m") else value
