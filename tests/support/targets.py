"""rebokeh's own parsers, each with whole input to begin from: what fuzzing calls, and what they may raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from rebokeh.bokeh.colour import icc
from rebokeh.bokeh.colour.icc import LINEAR_CURVE, Curve, gamma_curve
from rebokeh.bokeh.colour.profile import PRIMARIES, Profile, named_profile
from rebokeh.bokeh.core.errors import InputError, RebokehError
from rebokeh.bokeh.io.heif import boxes, integrity
from rebokeh.bokeh.io.jpeg import segments
from rebokeh.bokeh.io.metadata import apple, exif, exif_edit, gain_map, xmp, xmp_edit

from . import corpus, gain, iphone

_WORDS = (
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\0",
    b"\0\0\0\1",
    b"\0\xff",
    b"\1\0\0\0",
    b"<",
    b"&a;",
    b"\0" * 12,
)


@dataclass(frozen=True)
class Target:
    """A parser, whole inputs, and the errors that are its answer to broken ones."""

    parse: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    errors: tuple[type[Exception], ...] = ()


def _boxes(data: bytes) -> None:
    meta = boxes.read_meta(data)
    meta.is_whole()
    integrity.doubts(meta)
    integrity.check_av1_size(meta, "x")
    for item_id, item in list(meta.items.items())[:50]:
        for read in (lambda i=item_id: meta.xmp(i), lambda i=item: meta.payload(i)):
            try:
                read()
            except boxes.BoxError:
                pass


def _exif(data: bytes) -> None:
    facts = exif.read(data)
    apple.af_area(facts, None, (64, 96), facts.orientation)
    apple.headroom({}, facts)
    apple.af_distance(facts)
    block = exif_edit.for_output(
        data, (64, 96), exif_edit.ExifChanges((0.1, 0.2, 0.3, 0.4), turned=True, keep_place=False, software="rebokeh")
    )
    assert block is None or exif.read(block).orientation == 1
    exif_edit.for_output(data, (64, 96), exif_edit.ExifChanges(keep_orientation=False, density=(72.0, 72.0, "inch")))
    exif_edit.main_entries(data, {256})
    extracted = exif_edit.extract(data)
    assert extracted is None or len(extracted) < 100 * len(data) + 10_000


def _icc(data: bytes) -> None:
    icc.matrix_of(data)
    profile = Profile.from_icc(data)
    profile.chromaticities()
    codes = np.linspace(0, 1, 33, dtype=np.float32)[:, None].repeat(3, axis=1)
    assert np.isfinite([curve(codes) for curve in profile.curves]).all()


def _xmp(data: bytes) -> None:
    xmp.unread(data)
    apple.depth_kind(apple.xmp_values(data))
    apple.af_area(exif.Facts(), data, (64, 96), 1)
    kept = xmp_edit.for_output(data, keep_place=False, laid=xmp_edit.Laid((48, 64), 6), rendered=True)
    xmp_edit.with_history(xmp_edit.with_words(kept, {"dc:title": ("a",)}), "a", "b")


def _segments(data: bytes) -> None:
    found = segments.walk(data)
    if found:
        xmp.Xmp(found.xmp, found.extended)
        assert len(found.frames) < 1000
    list(segments.images(data, 0))


def _gain_map(data: bytes) -> None:
    for read in (gain_map.from_xmp, gain_map.from_iso):
        try:
            read(data)
        except gain_map.GainMapError:
            pass


def _gain_maps() -> list[bytes]:
    rows = [(0.0, 2.0, 1.0, 0.0, 0.0)]
    return [
        gain.iso(rows, (0.0, 2.0)),
        gain.iso(rows * 3, (0.0, 2.0), common=1000),
        gain.hdrgm({"GainMapMax": (1, 2, 3)}),
    ]


def _loaded(family: str) -> Target:
    return Target(lambda data: corpus.read(family, data), lambda: [corpus.whole(family)], (RebokehError,))


def _profiles() -> list[bytes]:
    table = Curve(table=tuple(np.linspace(0, 1, 64) ** 2.2))
    curves = (gamma_curve(2.2), LINEAR_CURVE, table)
    made = [named_profile(name, curve).icc for name, curve in zip(PRIMARIES, curves, strict=False)]
    return [profile for profile in made if profile]


TARGETS: dict[str, Target] = {
    "boxes": Target(_boxes, lambda: [corpus.whole("heic"), corpus.whole("avif")], (boxes.BoxError, InputError)),
    "exif": Target(_exif, lambda: [corpus.BLOCK, corpus.BLOCK[6:]]),
    "icc": Target(_icc, _profiles, (InputError,)),
    "xmp": Target(_xmp, lambda: [corpus.DISPARITY, iphone.xmp(tiff_Orientation="6", exif_GPSLatitude="1")]),
    "exr": _loaded("exr"),
    "tiff": _loaded("deflated tiff"),
    "png": _loaded("png"),
    "jpeg": _loaded("apple jpeg"),
    "segments": Target(_segments, lambda: [corpus.whole(name) for name in ("gdepth jpeg", "apple jpeg", "ultra hdr")]),
    "gain map": Target(_gain_map, _gain_maps),
    "gdepth": _loaded("gdepth jpeg"),
    "dynamic depth": _loaded("dynamic depth"),
    "huawei": _loaded("huawei edof"),
    "samsung": _loaded("samsung sef"),
    "ultra hdr": _loaded("ultra hdr"),
    "tmap": _loaded("tmap heic"),
    "npy": _loaded("depth npy"),
    "pfm": _loaded("depth pfm"),
}


def changed(data: bytes, program: bytes) -> bytes:
    """Return the input after a few edits, eight bytes of the program each; mostly near its beginning."""
    out = bytearray(data)
    for k in range(0, len(program) - 7, 8):
        kind, reach, high, low, size, which, first, second = program[k : k + 8]
        at = (high << 8 | low) % ((64, 300, 2000, len(data))[reach % 4] + 1)
        word = _WORDS[which] if which < len(_WORDS) else bytes((first, second)[: 1 + which % 2])
        match kind % 8:
            case 0:
                out[at:at] = word
            case 1:
                del out[at : at + size]
            case 2:
                out[at:at] = out[at : at + size]
            case 3 if size < 32:
                del out[at:]
            case _:
                out[at : at + len(word)] = word
    return bytes(out)


def broken(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Whole input with a few bytes changed, put in, taken out or repeated, or cut."""
    return st.binary(min_size=9, max_size=41).map(lambda drawn: changed(seeds[drawn[0] % len(seeds)], drawn[1:]))
