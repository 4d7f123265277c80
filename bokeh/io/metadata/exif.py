"""EXIF: the few facts that rendering needs."""

from __future__ import annotations

from dataclasses import dataclass

from .ifd import IfdEntry, directories_of, entries_of, is_damaged, values_of

ORIENTATION, MAKER_NOTE = 0x0112, 0x927C
MAKE, MODEL, LENS_MODEL = 0x010F, 0x0110, 0xA434
FOCAL_LENGTH, FOCAL_35, SUBJECT_AREA, SUBJECT_DISTANCE, ZOOM = 0x920A, 0xA405, 0x9214, 0x9206, 0xA404
EXPOSURE_TIME, F_NUMBER, ISO = 0x829A, 0x829D, 0x8827
PIXEL_WIDTH, PIXEL_HEIGHT = 0xA002, 0xA003
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
SOFTWARE, CUSTOM_RENDERED = 0x0131, 0xA401

SATURATION = 78.0 / 0.65
"""Exposure that saturates at ISO 1, lux seconds, over what a lens passes of a scene's luminance."""


@dataclass(frozen=True)
class Facts:
    """What the EXIF block says; None or "" = silent.

    Attributes
    ----------
    orientation : int
        1..8.
    camera, lens : str
        Make and model; the lens's name.
    focal_mm, f35_mm : float or None
        Focal length, and its 35 mm equivalent.
    pixel_size : (width, height) or None
        Of the stored picture.
    subject_area : tuple of int or None
        In its pixels: a point, a circle (its centre and diameter) or a box (its centre, width and height).
    subject_distance_m : float or None
    zoom : float or None
        Digital zoom ratio.
    exposure_s, f_number, iso : float or None
        Exposure time in seconds, the lens's own f-number, and the sensitivity.
    maker : dict of int to float, or None
        First number of each entry of Apple's maker note.
    damaged : bool
        Whether a directory or a value lies outside the block.
    """

    orientation: int = 1
    camera: str = ""
    lens: str = ""
    focal_mm: float | None = None
    f35_mm: float | None = None
    pixel_size: tuple[int, int] | None = None
    subject_area: tuple[int, ...] | None = None
    subject_distance_m: float | None = None
    zoom: float | None = None
    exposure_s: float | None = None
    f_number: float | None = None
    iso: float | None = None
    maker: dict[int, float] | None = None
    damaged: bool = False

    @property
    def clip_cd_m2(self) -> float | None:
        """Luminance that the exposure clips at, cd/m2 (ISO 12232, saturation based); None when it is not known."""
        if self.exposure_s is None or self.f_number is None or self.iso is None:
            return None
        return SATURATION * self.f_number**2 / (self.exposure_s * self.iso)

    @property
    def equivalent_f_number(self) -> float | None:
        """The f-number that the photo was taken with, as full frame has it; None when it is not known."""
        if self.f_number is None or self.f35_mm is None or self.focal_mm is None:
            return None
        return self.f_number * self.f35_mm / self.focal_mm


def read(exif: bytes | None) -> Facts:
    """Read the facts of an EXIF block; a damaged block says what is still whole, or nothing."""
    found = directories_of(exif) if exif else None
    if exif is None or found is None:
        return Facts(damaged=bool(exif))
    base, order, main, inner = found

    def numbers(where: dict[int, IfdEntry], tag: int) -> tuple:
        entry = where.get(tag)
        return values_of(exif, order, entry) if entry and entry.kind not in (2, 7) else ()

    def positive(tag: int) -> float | None:
        value = numbers(inner, tag)
        return float(value[0]) if value and 0 < value[0] < 1e5 else None

    def texts(where: dict[int, IfdEntry], tag: int) -> list[str]:
        entry = where.get(tag)
        found = [values_of(exif, order, entry)[0]] if entry and entry.kind == 2 else []
        return [text.split(b"\0")[0].decode("utf-8", "replace").strip() for text in found]

    stated = numbers(main, ORIENTATION)
    turn = stated[0] if stated and stated[0] in range(1, 9) else 1
    width, height = numbers(inner, PIXEL_WIDTH), numbers(inner, PIXEL_HEIGHT)
    return Facts(
        orientation=int(turn),
        camera=called(texts(main, MAKE) + texts(main, MODEL)),
        lens=called(texts(inner, LENS_MODEL)),
        focal_mm=positive(FOCAL_LENGTH),
        f35_mm=positive(FOCAL_35),
        pixel_size=(int(width[0]), int(height[0])) if width and height and width[0] > 0 < height[0] else None,
        subject_area=numbers(inner, SUBJECT_AREA) or None,
        subject_distance_m=positive(SUBJECT_DISTANCE),
        zoom=positive(ZOOM),
        exposure_s=positive(EXPOSURE_TIME),
        f_number=positive(F_NUMBER),
        iso=positive(ISO),
        maker=_apple_maker_note(exif, inner.get(MAKER_NOTE)),
        damaged=is_damaged(exif, base, order) or bool(stated and stated[0] not in range(0, 9)),
    )


def called(names: list[str]) -> str:
    """Make one printable name of make and model, or of one of them; a make that the model begins with is said once."""
    if len(names) == 2 and names[1].lower().startswith(names[0].lower()):
        names = names[1:]
    return " ".join(c for c in " ".join(names).split() if c.isprintable())


def _apple_maker_note(exif: bytes, entry: IfdEntry | None) -> dict[int, float] | None:
    """First number of each entry of Apple's maker note (its offsets count from the note's start)."""
    note = exif[entry.value_at : entry.value_at + entry.size] if entry else b""
    if not note.startswith(b"Apple iOS\0") or note[12:14] not in (b"MM", b"II"):
        return None
    order = ">" if note[12:14] == b"MM" else "<"
    found = {}
    for e in entries_of(note, order, 14, 0):
        if e.kind not in (2, 7):
            found[e.tag] = float(values_of(note, order, e)[0])
    return found
