"""Whole files of every family, what a broken one of them comes to, and a process that a decoder may take with it."""

from __future__ import annotations

import io
import multiprocessing
import os
import resource
import signal
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import NoDepthError, RebokehError
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.photo import Photo

from . import android, fields, gain, iphone, mutations, raw

# Of processor time: a machine may do other things too. Of resident memory, interpreter and libraries included.
MOST_S, MOST_BYTES = 2.0, 500_000_000
_GIVE_UP_S = 60.0
_LARGE = 5_000_000

_ROWS, _COLUMNS = np.mgrid[:64, :96]
RGB = np.stack([2 * _COLUMNS, 3 * _ROWS, _COLUMNS + _ROWS], axis=-1).astype(np.uint8)
GREY = (_ROWS + _COLUMNS).astype(np.uint8)
ICC = named_profile("Display P3").icc
BLOCK = iphone.exif(6, (64, 48, 20, 10), (96, 64), {33: (1, 2)}, gps=True)
DISPARITY = iphone.xmp(apdi_AuxiliaryImageType="disparity", apdi_FloatMinValue="0.5", apdi_FloatMaxValue="2.5")
GAIN = iphone.xmp(apdi_AuxiliaryImageType=iphone.GAIN_URN, HDRGainMap_HDRGainMapHeadroom="4")


@dataclass(frozen=True)
class Good:
    """A whole file: how it is laid out, and whether it is the depth map of a photo."""

    layout: str
    make: Callable[[], bytes]
    is_depth: bool = False


def _saved(kind: str, mode: str = "RGB", **more) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RGB).convert(mode).save(file, kind, **more)
    return file.getvalue()


def _tiff(array: np.ndarray, **more) -> bytes:
    import tifffile

    file = io.BytesIO()
    tifffile.imwrite(file, array, photometric="rgb" if array.ndim == 3 else "minisblack", **more)
    return file.getvalue()


def _exr() -> bytes:
    import OpenEXR

    file = io.BytesIO()
    channels = {"RGB": RGB.astype(np.float16), "Z": GREY.astype(np.float32) + 1}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(file)
    return file.getvalue()


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, GREY.astype(np.float32) + 1)
    return file.getvalue()


def _pfm() -> bytes:
    return b"Pf\n96 64\n-1.0\n" + (GREY[::-1].astype("<f4") + 1).tobytes()


def _png16() -> bytes:
    from rebokeh.bokeh.io.writers.png import png

    return png(RGB.astype(np.uint16) * 257, ICC, BLOCK[6:], DISPARITY)


def heic(words: bytes | None = DISPARITY, gain_words: bytes | None = GAIN, picture_words: bytes | None = None) -> bytes:
    """HEIC with depth, matte and gain map."""
    return iphone.heic(
        RGB,
        depth=GREY,
        depth_xmp=words,
        auxiliaries={iphone.MATTE_URN: (GREY, None), iphone.GAIN_URN: (GREY, gain_words)},
        icc=ICC,
        exif_block=BLOCK,
        picture_xmp=picture_words,
    )


def _coded() -> tuple[bytes, bytes, bytes]:
    """Return a JPEG as a phone blurred it, its depth map, and the sharp original."""
    return android.coded(RGB), android.coded(GREY, "PNG"), android.coded(RGB[::-1])


def _gdepth() -> bytes:
    values = {"GDepth:Near": "0.5", "GDepth:Far": "4", "GDepth:Format": "RangeInverse", "GDepth:Mime": "image/png"}
    return android.gdepth(_coded()[0], _coded()[1], values, _coded()[2], piece=300)


def _dynamic_depth() -> bytes:
    values = {"Format": "RangeInverse", "Near": "0.5", "Far": "4", "Units": "Meters"}
    return android.dynamic_depth(*_coded()[:2], values, _coded()[2])


def _ultra_hdr() -> bytes:
    values = {"Version": "1.0", "GainMapMax": "2", "HDRCapacityMax": "2"}
    return android.ultra_hdr(android.coded(RGB), android.coded(GREY), values, index=0)


def _tone_map() -> bytes:
    return gain.tone_mapped(
        RGB, np.kron(GREY, np.ones((2, 2), np.uint8)), b"\0" + gain.iso([(0.0, 2.0, 1.0, 0.0, 0.0)], (0.0, 2.0)), 2
    )


FAMILIES: dict[str, Good] = {
    "heic": Good("heif", heic),
    "apple jpeg": Good("jpeg", lambda: iphone.jpeg(RGB, [(GREY, DISPARITY), (GREY, GAIN)], BLOCK, ICC)),
    "gdepth jpeg": Good("jpeg", _gdepth),
    "dynamic depth": Good("jpeg", _dynamic_depth),
    "huawei edof": Good("jpeg", lambda: android.huawei(_coded()[0], GREY, _coded()[2])),
    "samsung sef": Good("jpeg", lambda: android.samsung(_coded()[0], GREY, _coded()[2])),
    "ultra hdr": Good("jpeg", _ultra_hdr),
    "tmap heic": Good("heif", _tone_map),
    "progressive jpeg": Good("jpeg", lambda: _saved("JPEG", progressive=True)),
    "cmyk jpeg": Good("jpeg", lambda: _saved("JPEG", "CMYK")),
    "png": Good("png", lambda: _saved("PNG", exif=BLOCK[6:], icc_profile=ICC)),
    "16-bit png": Good("png", _png16),
    "tiff": Good("tiff", lambda: _tiff(RGB.astype(np.uint16) * 257)),
    "deflated tiff": Good("tiff", lambda: _tiff(RGB, compression="zlib", predictor=True)),
    "lzw tiff": Good("tiff", lambda: _saved("TIFF", compression="tiff_lzw")),
    "dng": Good("tiff", lambda: raw.dng(RGB.astype(np.uint16) * 16)),
    "avif": Good("heif", lambda: _saved("AVIF", exif=BLOCK[6:], icc_profile=ICC)),
    "exr": Good("exr", _exr),
    "depth npy": Good("array", _npy, is_depth=True),
    "depth pfm": Good("array", _pfm, is_depth=True),
    "depth png": Good("png", lambda: _saved("PNG", "L"), is_depth=True),
    "depth tiff": Good("tiff", lambda: _tiff(GREY.astype(np.float32)), is_depth=True),
    "depth exr": Good("exr", _exr, is_depth=True),
}


@lru_cache
def whole(family: str) -> bytes:
    """Return the whole file of a family."""
    return FAMILIES[family].make()


def variants(family: str) -> Iterator[mutations.Variant]:
    """Yield every broken variant of a family's file."""
    yield from mutations.variants(FAMILIES[family].layout, whole(family))
    yield from _EXTRA.get(family, lambda: iter(()))()


def _of_heic() -> Iterator[mutations.Variant]:
    yield "gain map without its XMP", heic(gain_words=None)
    yield "depth without its XMP", heic(words=None)
    coded = whole("heic")
    for item, url in (("depth", iphone.DEPTH_URN), ("matte", iphone.MATTE_URN), ("gain map", iphone.GAIN_URN)):
        at = coded.index(url.encode())
        yield f"{item} of an unknown kind", coded[:at] + b"urn:x" + coded[at + 5 :]
    for what, words in mutations.words().items():
        yield f"XMP of the picture: {what}", heic(picture_words=words)
        yield f"XMP of the depth: {what}", heic(words=words)
        yield f"XMP of the gain map: {what}", heic(gain_words=words)
    for f in fields_of("heic"):
        if f.name.endswith(".type"):
            for kind in (b"jpeg", b"av01", b"unci", b"j2k1", b"mime", b"Exif"):
                yield f"{f.name} is {kind.decode()}", f.put(coded, int.from_bytes(kind, "big"))
        if f.name.endswith("hvcC.version"):  # the configuration of another picture
            yield f"{f.name} zeroed", coded[: f.at] + bytes(23) + coded[f.at + 23 :]


def _of_jpeg() -> Iterator[mutations.Variant]:
    for what, words in mutations.words().items():
        if len(words) < 60_000:
            yield f"XMP: {what}", _with_xmp(whole("apple jpeg"), words)
            yield f"XMP of a frame: {what}", iphone.jpeg(RGB, [(GREY, DISPARITY), (GREY, words)], BLOCK, ICC)
    yield (
        "gain map without its headroom",
        iphone.jpeg(RGB, [(GREY, iphone.xmp(apdi_AuxiliaryImageType=iphone.GAIN_URN))]),
    )
    note = BLOCK.index(b"Apple iOS")
    for name, other in (
        ("without entries", b"Apple iOS\0\0\1MM\xff\xff"),
        ("of another", b"Nikon\0\2\x10\0\0MM\0*\0\0"),
    ):
        yield f"maker note {name}", _saved("JPEG", exif=BLOCK[:note] + other + BLOCK[note + len(other) :])


def _with_xmp(jpeg: bytes, words: bytes) -> bytes:
    """Put XMP before everything else; MPF counts from where it stands."""
    body = b"http://ns.adobe.com/xap/1.0/\0" + words
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body + jpeg[2:]


def _of_png() -> Iterator[mutations.Variant]:
    base = whole("png")

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + bytes(4)

    bomb = zlib.compress(bytes(200_000_000), 9)
    for name, more in (
        ("a profile that swells", chunk(b"iCCP", b"x\0\0" + bomb)),
        ("text that swells", chunk(b"zTXt", b"XML:com.adobe.xmp\0\0" + bomb)),
        ("XMP that swells", chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb)),
        ("XMP with an entity bomb", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + mutations.BOMB)),
        ("XMP with padding", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b" " * 100_000_000)),
        ("a hundred megabytes of nothing", chunk(b"abCd", bytes(100_000_000))),
        ("a hundred thousand chunks", chunk(b"abCd", b"") * 100_000),
        ("a cICP of nonsense", chunk(b"cICP", b"\xff\xff\xff\xff")),
        ("no gamma", chunk(b"gAMA", bytes(4))),
        ("primaries of nothing", chunk(b"gAMA", b"\0\1\0\0") + chunk(b"cHRM", bytes(32))),
    ):
        yield name, mutations.checked(base[:33] + more + base[33:])
        yield f"{name}, at the end", mutations.checked(base[:-12] + more + base[-12:])
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 14_000, 14_000, 16, 6, 0, 0, 1))
    yield "pixels that swell", mutations.checked(head + chunk(b"IDAT", bomb) + chunk(b"IEND", b""))


_EXTRA: dict[str, Callable[[], Iterator[mutations.Variant]]] = {
    "heic": _of_heic, "apple jpeg": _of_jpeg, "png": _of_png,
}  # fmt: skip


def fields_of(family: str) -> list[fields.Field]:
    """Return the fields of a family's whole file."""
    return fields.of(FAMILIES[family].layout, whole(family)).fields


# --- what it comes to ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of a file (error, same, note, no depth, other, silent, FAIL), and what it took."""

    kind: str
    detail: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0


def read(family: str, path: str | Path | bytes) -> Photo:
    """Read a file of a family: a photo, or a depth map of one."""
    if FAMILIES[family].is_depth:
        return load(_saved("PNG"), depth=path, depth_unit="m")
    return load(path)


def outcome(family: str, path: str | Path | bytes) -> tuple[str, str]:
    """Tell what becomes of a broken file, and more about it."""
    try:
        photo = read(family, path)
        if family == "heic" and isinstance(path, Path):  # what is written keeps much of what was read
            load(encode(photo, "heic"))
    except RebokehError as err:
        good = str(err).isprintable() and len(str(err)) < 400 and not isinstance(err, NoDepthError)
        return ("error", str(err)) if good else ("FAIL", f"message {err!r}")
    except Exception as err:
        return "FAIL", f"{type(err).__name__}: {err}"[:300]
    return against(photo, good_photo(family))


@lru_cache
def good_photo(family: str) -> Photo:
    """Return what the whole file holds."""
    return read(family, whole(family))


def against(photo: Photo, good: Photo) -> tuple[str, str]:
    """Compare what a broken file gave with what the whole one gives."""
    more = [note for note in photo.meta.notes if note not in good.meta.notes]
    said = "; ".join(more)
    # Without its depth map, Android's picture is the one that the phone has blurred.
    swapped = any(note.startswith("picture:") for note in good.meta.notes) and photo.depth is None
    if not swapped and not _same(photo.profile.from_linear(photo.rgb), good.profile.from_linear(good.rgb)):
        return ("other" if more else "silent"), f"another picture {photo.rgb.shape} {said}"
    if good.depth is not None and photo.depth is None:
        return "no depth", said
    for what in ("depth", "matte"):
        if not _same(getattr(photo, what), getattr(good, what)):
            return ("note" if more else "silent"), f"another {what} {said}"
    if (photo.gain_map is None) != (good.gain_map is None):
        return ("note" if more else "silent"), f"gain map {said}"
    if (photo.profile.icc is None) != (good.profile.icc is None):
        return ("note" if more else "silent"), f"profile {photo.profile.name} {said}"
    return ("note" if more else "same"), said


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and bool(np.allclose(a, b, atol=1e-4, equal_nan=True))


# --- a process of its own --------------------------------------------------------------------------------------------


def _serve(connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))  # the machine's own safety, not the measure
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while (asked := connection.recv()) is not None:
        family, path = asked
        good_photo(family)
        with open("/proc/self/clear_refs", "w") as reset:
            reset.write("5")
        start = time.process_time()
        kind, detail = outcome(family, Path(path))
        connection.send(Outcome(kind, detail[:300], time.process_time() - start, _peak()))


def _peak() -> int:
    """Most memory that this process held since its counter was reset, interpreter and libraries included."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


class Worker:
    """A process that reads files; when one takes it down, another takes its place."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._process = None
        folder = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="rebokeh-corpus-")

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_) -> None:
        self._stop()
        self._file.close()

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()
        self._process = None

    def _start(self) -> None:
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def judge(self, family: str, data: bytes) -> Outcome:
        """Read a file and tell what became of it; too slow is said only of what is slow twice."""
        found = self._once(family, data)
        if found.seconds > MOST_S and not found.detail.startswith("no answer"):
            again = self._once(family, data)
            found = again if again.seconds < found.seconds else found
        if found.seconds > MOST_S:
            return Outcome("FAIL", f"{found.seconds:.1f} s; {found.detail}", found.seconds, found.peak_bytes)
        if found.peak_bytes > MOST_BYTES:
            return Outcome("FAIL", f"{found.peak_bytes / 1e6:.0f} MB; {found.detail}", found.seconds, found.peak_bytes)
        return found

    def _once(self, family: str, data: bytes) -> Outcome:
        if self._process is not None and len(data) > _LARGE:  # what earlier files left is not this one's
            self._stop()
        if self._process is None:
            self._start()
        Path(self._file.name).write_bytes(data)
        try:
            self._connection.send((family, self._file.name))
            if self._connection.poll(_GIVE_UP_S):
                return self._connection.recv()
            fate = f"no answer after {_GIVE_UP_S:.0f} s"
        except (EOFError, ConnectionError):
            fate = ""
        process, self._process = self._process, None
        assert process is not None
        process.kill() if fate else None
        process.join()
        return Outcome(
            "FAIL", fate or f"killed by {signal.Signals(-(process.exitcode or -9)).name}", _GIVE_UP_S if fate else 0
        )
