"""Stamps of a lens with flaws: as good as its outlines, kept from one render to the next, and the same in any tile."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import rebokeh as rk
from rebokeh.bokeh.optics import kept_stamps
from rebokeh.bokeh.optics.elements import Glass, Pupil, Rim
from rebokeh.bokeh.optics.kept_stamps import StampStore
from rebokeh.bokeh.optics.psf_tables import SMALL_ROWS, PsfTables, psf_tables_of
from rebokeh.bokeh.optics.ray_model import RayModel
from rebokeh.kernels.kept_stamps import STAMPS, STEPS

pytestmark = pytest.mark.kernels

SIZE = (600, 800)
COLOURS_APART = rk.lens_named("gauss-58")
CATS_EYE = rk.Lens(1.4, glass=Glass(1.4, Pupil(front=Rim(1.1, 0.7), rear=Rim(1.2, 0.5))))
each_lens = pytest.mark.parametrize("lens", [COLOURS_APART, CATS_EYE], ids=["colours apart", "cat's eye"])

WHOLE = slice(0, 70), slice(0, 90)
AT = 40, 620


@cache
def scattered_of() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values (H, W, 5), radii and what is active, of a surface that bends through focus."""
    rng = np.random.default_rng(7)
    shape = WHOLE[0].stop, WHOLE[1].stop
    values = rng.random((*shape, 5), np.float32)
    values[..., 4] = 1.0
    values[..., :4] *= values[..., 3:4]
    across, down = np.meshgrid(np.linspace(-1.0, 1.0, shape[1]), np.linspace(-1.0, 1.0, shape[0]))
    return values, (9.0 * across + 2.0 * down).astype(np.float32), rng.random(shape) > 0.05


def tables_of(lens: rk.Lens, *, stamped: bool) -> PsfTables:
    return PsfTables(RayModel(lens, SIZE, math.hypot(*SIZE)), SMALL_ROWS, stamped=stamped)


def spread(tables: PsfTables, box: tuple[slice, slice], halo: int = 90, *, holes: bool = True) -> np.ndarray:
    """Spread what reaches a box into it, as a tile does; without what is not active, or with all."""
    part = tuple(slice(max(s.start - halo, 0), min(s.stop + halo, w.stop)) for s, w in zip(box, WHOLE, strict=True))
    within = tuple(slice(s.start - p.start, s.stop - p.start) for s, p in zip(box, part, strict=True))
    values, radius, active = (array[part].copy() for array in scattered_of())
    at = AT[0] + part[0].start, AT[1] + part[1].start
    if not holes:
        active[:] = True
    return tables.scatter(values, radius, active, at, (within[0], within[1]), largest=11.0)


def store_of(tables: PsfTables) -> StampStore:
    assert tables.store is not None
    return tables.store


@each_lens
def test_stamps_spread_as_outlines_do(lens):
    by_stamps, by_outlines = (spread(tables_of(lens, stamped=stamped), WHOLE, holes=False) for stamped in (True, False))
    # Places are off by 1/32 of a pixel at most, and radii by 1/128: so large a share of values from 0 to 1 moves on.
    assert np.abs(by_stamps - by_outlines).max() < 1.0 / 32.0 + 2.0 / 128.0
    assert np.sqrt(np.square(by_stamps - by_outlines).mean()) < 0.005


@each_lens
def test_what_is_kept_is_what_is_made_anew(lens):
    tables = tables_of(lens, stamped=True)
    first = spread(tables, WHOLE)
    made, traced = store_of(tables).made, tables.outlines.count
    np.testing.assert_array_equal(spread(tables, WHOLE), first)
    assert (store_of(tables).made, tables.outlines.count) == (made, traced)
    assert made > 100
    spread(tables, (slice(10, 30), slice(20, 60)))
    np.testing.assert_array_equal(spread(tables_of(lens, stamped=True), WHOLE), spread(tables, WHOLE))


@each_lens
def test_a_part_is_the_same_as_in_the_whole(lens):
    whole, tables = spread(tables_of(lens, stamped=True), WHOLE), tables_of(lens, stamped=True)
    for box in ((slice(0, 33), slice(0, 51)), (slice(33, 70), slice(0, 51)), (slice(20, 70), slice(51, 90))):
        np.testing.assert_array_equal(spread(tables, box, halo=40), whole[box])


@each_lens
def test_what_is_forgotten_on_the_way_is_made_again(lens, monkeypatch):
    whole = spread(tables_of(lens, stamped=True), WHOLE)
    monkeypatch.setattr(kept_stamps, "MOST_STEPS", 20000)
    tables = tables_of(lens, stamped=True)
    forgotten = []
    forget = kept_stamps._Shelf.forget_if_full

    def counted(shelf: kept_stamps._Shelf, most_new: int) -> None:
        before = shelf.kept.counts[STAMPS]
        forget(shelf, most_new)
        forgotten.append(before > 0 and shelf.kept.counts[STAMPS] == 0)

    monkeypatch.setattr(kept_stamps._Shelf, "forget_if_full", counted)
    np.testing.assert_array_equal(spread(tables, WHOLE), whole)
    assert sum(forgotten) > 1


@each_lens
def test_rows_of_a_stamp_add_up_to_nothing_and_its_light_to_all(lens):
    tables = tables_of(lens, stamped=True)
    spread(tables, WHOLE)
    (shelf,) = store_of(tables)._free[1.0]
    kept = shelf.kept
    slots = np.flatnonzero(kept.keys >= 0)
    assert len(slots) == kept.counts[STAMPS]
    assert kept.counts[STEPS] == (kept.spans[slots, 1] - kept.spans[slots, 0]).sum()
    for slot in slots:
        place, step = (
            array[kept.spans[slot, 0] : kept.spans[slot, 1]].astype(np.float64) for array in (kept.place, kept.step)
        )
        assert np.abs(place).max() <= kept.reach[slot]
        for row in np.unique(place[:, 0]):
            np.testing.assert_array_equal(step[place[:, 0] == row].sum(axis=0), 0.0)
        # What is a step up at x is light in all that lie to the right of it.
        np.testing.assert_allclose(-(step * place[:, 1:]).sum(axis=0), 1.0, atol=2e-4)


def test_another_focus_finds_the_outlines_of_the_one_before():
    depth = np.tile(np.linspace(0.2, 1.5, 160, dtype=np.float32), (120, 1))
    photo = rk.Photo(rgb=np.random.default_rng(3).random((120, 160, 3), np.float32), depth=depth)
    scene, lens = rk.prepare(photo), replace(COLOURS_APART, focus_m=1.5)
    psf_tables_of.cache_clear()
    first = scene.render(lens)
    outlines = psf_tables_of(replace(lens.focused_at(None), starburst=0.0), (120, 160), False).outlines
    traced = outlines.count
    np.testing.assert_array_equal(scene.render(lens).rgb, first.rgb)
    assert outlines.count == traced > 0
    scene.render(lens.focused_at(1.4))
    scene.render(lens)
    again = outlines.count
    scene.render(lens.focused_at(1.4))
    assert outlines.count == again < 2 * traced
