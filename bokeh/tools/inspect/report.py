"""The facts of a photo in lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .histogram import Histogram

ROWS, COLUMNS = 8, 60
"""Of the histogram, its labels included."""

EIGHTHS = " ▏▎▍▌▋▊▉█"


def report_lines(found: Mapping[str, Any]) -> list[str]:
    """Say the facts that `inspect_photo` gathers in lines; warnings come last."""
    hdr = f", HDR ({found['hdr']})" if found["hdr"] else ""
    lines = [
        f"{found['width']}x{found['height']} {found['format']}, {found['bit_depth']} bit, {found['profile']}{hdr}",
        f"camera: {found['camera'] or 'unknown'}{_lens(found)}",
        *_calibration(found["intrinsics"]),
        *_aim(found),
        *_map(found),
        *_mattes(found),
        *_edits(found),
        *_light(found),
    ]
    lines += [f"note: {note}" for note in found["notes"] if not note.startswith("distances ")]  # said above
    for how, score in found.get("edges", {}).items():
        shares = "precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}".format(**score)
        lines.append(f"edges against the matte, {how.replace('_', ' ')}: {shares}")
    return lines + [f"warning: {warning}" for warning in found["warnings"]]


def bars(counted: Histogram, has_metres: bool) -> list[str]:
    """Draw a histogram, near to far, in `ROWS` lines of `COLUMNS` characters at most."""
    rows = counted.merged(ROWS)
    label = metres_of if has_metres else "{:.3g}".format
    ends = [label(edge) for edge in rows.edges]
    # The unit stands once in a line.
    names = [f"{near.removesuffix(' m')} to {far}" for near, far in zip(ends, ends[1:], strict=False)]
    wide = max(map(len, names))
    room = COLUMNS - wide - len("   100 %")
    most = max(rows.shares)
    return [
        f"  {name:>{wide}} {_bar(share / most, room)} {share:4.0%}"
        for name, share in zip(names, rows.shares, strict=True)
    ]


def _bar(share: float, columns: int) -> str:
    eighths = round(share * columns * 8)
    return (EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8]).ljust(columns)[:columns]


def metres_of(dioptres: float) -> str:
    """Say a distance in metres, like "1.25 m"."""
    return _m(1.0 / dioptres if dioptres > 0 else math.inf)


def _m(distance_m: float | str) -> str:
    # Strict JSON has infinity as a word.
    return f"{distance_m:.3g} m" if isinstance(distance_m, float) and distance_m < 1e4 else "infinity"


def _lens(found: Mapping[str, Any]) -> str:
    own = "" if found["focal_mm"] is None else f", {found['focal_mm']:.3g} mm"
    return own + ("" if found["f35_mm"] is None else f", {found['f35_mm']:g} mm (35 mm equivalent)")


def _calibration(camera: Mapping[str, Any] | None) -> list[str]:
    if camera is None:
        return []
    focal = f"focal length {camera['focal_x_px']:.0f} x {camera['focal_y_px']:.0f} px"
    centre = f"centre {camera['centre_x_px']:.0f},{camera['centre_y_px']:.0f}"
    frame = f"of {camera['width']:.0f}x{camera['height']:.0f}"
    return [f"intrinsics: {focal}, {centre} {frame}: {camera['f35_mm']:.3g} mm (35 mm equivalent)"]


def _aim(found: Mapping[str, Any]) -> list[str]:
    lines = []
    focus = found["autofocus"]
    if focus is not None:
        said = [f"area {_box(focus['area'])}"]
        if focus["distance_m"] is not None:
            said.append(f"at {_m(focus['distance_m'])}")
        if "map_m" in focus:
            spread = f"{_m(focus['map_nearer_m'])} to {_m(focus['map_farther_m'])}"
            said.append(f"the depth map says {_m(focus['map_m'])} there ({spread})")
        lines.append(f"autofocus: {', '.join(said)}")
    if found["subject_distance_m"] is not None:
        lines.append(f"subject distance: {_m(found['subject_distance_m'])}")
    if found["faces"]:
        lines.append(f"faces: {'; '.join(_box(face) for face in found['faces'])}")
    return lines


def _box(box: Sequence[float]) -> str:
    x, y, width, height = box
    return f"{x:.2f},{y:.2f} to {x + width:.2f},{y + height:.2f}"


def _map(found: Mapping[str, Any]) -> list[str]:
    depth = found["depth"]
    if depth is None:
        return ["no depth"]
    said = [f"{depth['width']}x{depth['height']}", found["depth_kind"]]
    said += [f"quality {depth['quality']}"] if depth["quality"] else []
    said += [{True: "filtered", False: "not filtered"}[depth["filtered"]]] if depth["filtered"] is not None else []
    said += [f"holes {depth['holes']:.1%}"] if depth["holes"] else ["no holes"]
    lines = [f"depth: {', '.join(said)}"]
    at = depth["percentiles_m"]
    if at is not None:
        ends = f"{_m(found['nearest_m'])} to {_m(found['farthest_m'])}"
        shares = f"1 % nearer than {_m(at['1'])}, half than {_m(at['50'])}, 99 % than {_m(at['99'])}"
        lines += [f"distances: {found['distances']}", f"range: {ends}; {shares}"]
    if depth["simulated_f_number"] is not None:
        lines.append(f"simulated aperture: f/{depth['simulated_f_number']:g}")
    where = f" {_m(found['focus_m'])}," if at else ""
    lines.append(f"automatic focus:{where} {found['focus_source']}")
    counted = histogram_of(depth)
    return [
        *lines,
        f"picture by distance, in even steps of {'dioptres' if at else 'the map'}:",
        *bars(counted, bool(at)),
    ]


def histogram_of(depth: Mapping[str, Any]) -> Histogram:
    """Return the histogram that stands in the facts of a depth map."""
    stated = depth["histogram"]
    return Histogram(tuple(stated["edges_dioptres"]), tuple(stated["shares"]))


def _mattes(found: Mapping[str, Any]) -> list[str]:
    if not found["mattes"]:
        return ["no matte"]
    shown = [f"{name} {m['width']}x{m['height']}, {m['covers']:.1%}" for name, m in found["mattes"].items()]
    return [f"mattes, and how much of the frame they cover: {'; '.join(shown)}"]


def _edits(found: Mapping[str, Any]) -> list[str]:
    if not found["edits"]:
        return []
    shown = [f"{what} {share:.2%}" for what, share in found["edits"].items()]
    return [f"edits, and how much of the frame they are painted over: {'; '.join(shown)}"]


def _light(found: Mapping[str, Any]) -> list[str]:
    gain, lines = found["gain_map"], []
    if gain is None:
        lines.append("no gain map")
    else:
        channels = "one channel" if gain["channels"] == 1 else f"{gain['channels']} channels"
        lines.append(
            f"gain map: {gain['width']}x{gain['height']}, {channels}, headroom {gain['headroom']:.3g}; "
            f"up to {gain['most_stops']:.2g} stops, lifts {gain['lifts']:.1%} of the frame"
        )
    if found["clipped"] is not None:
        lines.append(f"clipped: {found['clipped']:.2%} of the frame")
    lights = found["lights"]
    if lights is not None:
        by = ", ".join(f"{count} by {word}" for word, count in lights["by"].items())
        lines.append(f"lights: {lights['count']}{f' ({by})' if by else ''}; {lights['why']}")
    return lines
