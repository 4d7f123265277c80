"""Drafts: the newest of each page, in its order, of the same light as the full picture."""

from __future__ import annotations

import io
import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from support.studio import PATIENCE_S, Page, small_portrait, studio, wait_until

import rebokeh as rk
from rebokeh.bokeh.image.boxes import boxes_of
from rebokeh.bokeh.image.resize import resize
from rebokeh.bokeh.optics.lens import mount
from rebokeh.bokeh.photo.edits import Edits
from rebokeh.bokeh.render import exposure
from rebokeh.bokeh.render.parts import PictureParts
from rebokeh.bokeh.render.pipeline import picture_of
from rebokeh.bokeh.scene.prepared import prepare_scene
from rebokeh.bokeh.scene.reduced import reduced_scene
from rebokeh.bokeh.settings.options import Options
from rebokeh.bokeh.studio import view as views
from rebokeh.bokeh.studio.errors import Superseded
from rebokeh.bokeh.studio.renders import Arrivals
from rebokeh.bokeh.studio.view import View, draft_size

pytestmark = pytest.mark.kernels


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drafts")
    (folder / "a.heic").write_bytes(small_portrait())
    (folder / "b.heic").write_bytes(small_portrait((128, 96)))
    with studio(folder) as page:
        page.photo(page.id("a.heic"))
        yield page


def night(height: int = 900, width: int = 1200) -> rk.Photo:
    """Make a subject before a textured wall with lamps that clip, and a matte."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    random = np.random.default_rng(3)
    subject = np.clip(height / 4 - np.hypot(y - height / 2, x - width / 3), -2.0, 2.0) / 4.0 + 0.5
    wall = 0.08 + 0.06 * np.sin(x / 9.0) * np.cos(y / 7.0) + 0.01 * random.random((height, width))
    rgb = np.repeat((subject * 0.4 + (1.0 - subject) * wall)[..., None], 3, axis=2)
    for row, column in random.integers(20, (height - 20, width - 20), (25, 2)):
        rgb[np.hypot(y - row, x - column) < 3.0] = random.random(3) * 30.0 + 8.0
    dioptres = np.where(subject > 0.5, 1.0, 0.2 + 0.1 * y / height)
    return rk.Photo(
        rgb=rgb.astype(np.float32), depth=dioptres.astype(np.float32), matte=subject.astype(np.float32),
        meta=rk.Metadata(f35_mm=50.0),
    )  # fmt: skip


@pytest.fixture(scope="module")
def night_view() -> View:
    return View.of(night())


def decibels(a: np.ndarray, b: np.ndarray) -> float:
    return float(10.0 * np.log10(255.0**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


@pytest.mark.parametrize("options", [Options(fstop="1.2"), Options(fstop="2.8", focus="0.9,0.5"), Options(fstop="8")])
def test_a_draft_is_the_full_picture_reduced(night_view: View, options):
    assert night_view.scene.lights is not None and len(night_view.scene.lights.sure) >= 20
    look = night_view.look(options)
    full = night_view.full(look)
    profile = night_view.photo.profile
    for pixels in (1_000_000, 420_000, 270_000):
        size = draft_size(night_view.photo.size, pixels)
        scene = reduced_scene(night_view.scene, size)
        assert scene.photo.size == size and size[0] * size[1] <= 1.01 * pixels
        thin = mount(look.lens, size, night_view.photo.meta.f35_mm, look.thin.focus_m)
        rgb, _ = picture_of(scene, look.lens, thin, look.settings)
        wanted = profile.to_codes(resize(np.clip(full, 0.0, 1.0), size, "area"), 8)
        assert decibels(profile.to_codes(rgb, 8), wanted) >= 40.0


def test_lights_keep_their_energy(night_view: View):
    size = draft_size(night_view.photo.size, 420_000)
    lights, small = night_view.scene.lights, reduced_scene(night_view.scene, size).lights
    assert lights is not None and small is not None
    by = size[0] * size[1] / (night_view.photo.size[0] * night_view.photo.size[1])
    before = (lights.radiance - lights.base).sum(axis=0) * by
    np.testing.assert_allclose((small.radiance - small.base).sum(axis=0), before, rtol=1e-3)
    assert len(small.sure) == len(lights.sure)
    places = small.rows * size[1] + small.columns
    assert (np.diff(places) > 0).all()  # in raster order, each once


def test_what_is_drawn_while_something_moves_is_no_larger_than_there_is_time_for(night_view: View, monkeypatch):
    monkeypatch.setattr(night_view, "_pace_s", 1.0)
    assert night_view._pixels(2000, True) == 270_000 and night_view._pixels(2000, False) == 1_000_000
    monkeypatch.setattr(night_view, "_pace_s", views.MOVING_S / 0.7)
    assert night_view._pixels(2000, True) == 650_000
    monkeypatch.setattr(night_view, "_pace_s", 0.01)
    assert night_view._pixels(2000, True) == 1_000_000
    assert night_view._pixels(300, True) == night_view._pixels(300, False) == 270_000


def test_an_answer_says_what_it_shows(page: Page):
    answer = page.post(
        f"/api/photos/{page.id('a.heic')}/draft",
        {"settings": {"fstop": "2", "focus": "1m"}, "width": 800, "sequence": 7},
    )
    assert answer.headers["X-Sequence"] == "7" and answer.headers["content-type"] == "image/jpeg"
    facts = json.loads(answer.headers["X-Facts"])
    assert Image.open(io.BytesIO(answer.content)).size == tuple(facts["size"]) == (128, 96)
    assert facts["focus_m"] == 1.0 and facts["sharp_m"][0] < 1.0 < facts["sharp_m"][1]
    assert facts["f_number"] == 2.0 and facts["radius_px_max"] > 0


def test_focus_by_a_point(page: Page):
    id = page.id("a.heic")
    found = page.post(f"/api/photos/{id}/focus", {"x": 0.5, "y": 0.5, "settings": {"fstop": "2"}}).json()
    wall = page.post(f"/api/photos/{id}/focus", {"x": 0.05, "y": 0.05, "settings": {"fstop": "2"}}).json()
    assert found["focus"] == "0.5000,0.5000" and found["focus_m"] < wall["focus_m"]
    assert found["text"].endswith("nominal") and found["dioptres"] == pytest.approx(1 / found["focus_m"])
    for body in ({"x": 1.5, "y": 0}, {"x": "a", "y": 0}, {"y": 0}, {"x": float("1e999"), "y": 0}):
        assert page.http.post(f"/api/photos/{id}/focus", content=json.dumps(body)).status_code == 400


def test_of_many_drafts_of_a_page_the_newest_is_drawn(page: Page, monkeypatch):
    """And another page's beside them."""
    id = page.id("a.heic")
    may_go, begun = threading.Event(), threading.Event()
    draft = View.draft

    def slow(self, options, width, moving, progress):
        begun.set()
        may_go.wait(PATIENCE_S)
        progress("render", 0.5)
        return draft(self, options, width, moving, progress)

    monkeypatch.setattr(View, "draft", slow)

    def ask(number: int, name: str = "page"):
        return page.http.post(
            f"/api/photos/{id}/draft",
            json={"settings": {"fstop": "2"}, "width": 100, "sequence": number},
            headers={"X-Page": name},
        )

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask, 1)
        assert begun.wait(PATIENCE_S)
        other = pool.submit(ask, 1, "another")
        later = []
        newest = page.session.studio._newest.of("page")
        for number in (2, 3, 4):
            later.append(pool.submit(ask, number))
            newest += 1
            wait_until(lambda newest=newest: page.session.studio._newest.of("page") == newest)
        may_go.set()
        answers = [one.result() for one in (first, *later)]
        assert [one.status_code for one in answers] == [409, 409, 409, 200]
        assert answers[-1].headers["X-Sequence"] == "4" and answers[0].json()["code"] == "Stale"
        assert other.result().status_code == 200


def test_the_full_picture_comes_in_tiles_from_where_one_looks(page: Page, monkeypatch):
    id = page.id("b.heic")
    page.photo(id)
    from rebokeh.bokeh.studio import renders

    monkeypatch.setattr(renders, "TILE_PX", 48)
    monkeypatch.setattr(renders, "SHOWN_TILE_PX", 0)
    monkeypatch.setattr(exposure, "TILE_PX", 16)
    asked = {"settings": {"fstop": "1.2"}, "centre": [0.9, 0.9]}
    full = page.post(f"/api/photos/{id}/full", asked).json()
    assert full["size"] == [96, 128] and full["tiles"][0] == [48, 96, 96, 128] or full["tiles"][0] == [48, 48, 96, 96]
    picture = np.zeros((128, 96, 3), np.uint8)
    for box in full["tiles"]:
        answer = page.http.get(f"/api/renders/{full['render']}/1/{','.join(map(str, box))}")
        assert answer.status_code == 200
        tile = np.asarray(Image.open(io.BytesIO(answer.content)))
        picture[box[1] : box[3], box[0] : box[2]] = tile
        half = page.http.get(f"/api/renders/{full['render']}/2/{','.join(map(str, box))}").content
        means = tile.reshape(24, 2, 24, 2, 3).mean((1, 3)) if tile.shape == (48, 48, 3) else None
        assert means is None or decibels(np.asarray(Image.open(io.BytesIO(half))), means) > 30.0
    draft = page.post(f"/api/photos/{id}/draft", {"settings": asked["settings"], "width": 96}).content
    assert decibels(picture, np.asarray(Image.open(io.BytesIO(draft)))) > 30.0  # two JPEGs of one picture
    # The draft has ended the full picture: the page has moved on.
    stale = page.http.get(f"/api/renders/{full['render']}/1/0,0,48,48")
    assert stale.status_code == 409 and stale.json()["code"] == "Stale"
    again = page.post(f"/api/photos/{id}/full", asked).json()
    for by, box in ((1, "0,0,1,1"), (0, "0,0,48,48"), (9, "0,0,48,48")):
        assert page.http.get(f"/api/renders/{again['render']}/{by}/{box}").status_code == 404
    listed = page.http.get(f"/api/renders/{again['render']}?width=40&x=0&y=0").json()
    assert listed["by"] == 2 and listed["tiles"][0] == [0, 0, 48, 48]
    for asked in ("width=0&x=0&y=0", "width=40&x=2&y=0", "width=40&x=nan&y=0", "x=0&y=0"):
        assert page.http.get(f"/api/renders/{again['render']}?{asked}").status_code == 400


def test_parts_of_the_full_picture_come_as_they_are_finished(night_view: View, monkeypatch):
    """And are the picture, to the bit, with lights and all."""
    monkeypatch.setattr(exposure, "TILE_PX", 64)
    look = night_view.look(Options(fstop="1.2", focus="0.33,0.5", starburst="off"))
    whole = night_view.full(look)
    height, width = whole.shape[:2]
    boxes = boxes_of((height, width), 256)[::-1]
    told, seen = [], np.zeros_like(whole)
    shares: list[float] = []

    def take(picture, box):
        told.append(box)
        shares.append(share[0])
        seen[box] = picture[box]

    share = [0.0]

    def progress(name, of):
        share[0] = max(share[0], of)

    assert (night_view.full(look, progress, PictureParts(boxes, take)) == whole).all()
    assert (seen == whole).all() and len(told) == len(boxes)
    assert shares[0] < 1.0 and boxes.index(told[0]) < 4


@pytest.mark.parametrize("brush", ["nearer", "subject", "lamp", "no-lamp"])
def test_after_a_stroke_the_scene_is_at_once_as_it_is_prepared(night_view: View, brush):
    edits = Edits.of_size(night_view.photo.size).with_stroke(brush, [(0.7, 0.3), (0.8, 0.6)], radius=0.1)
    edited = night_view.edited(edits).edited(edits)  # the second time with what the first has found out
    scene, wanted = edited.scene, prepare_scene(night_view.photo.with_edits(edits), "auto")
    assert edited._exact
    for name in ("dioptres", "matte", "extra"):
        assert np.array_equal(getattr(scene, name), getattr(wanted, name)), name
    assert scene.existing_blur == wanted.existing_blur and scene.sources == wanted.sources
    assert scene.lights is not None and wanted.lights is not None
    for name in ("rows", "columns", "radiance", "base", "dioptres"):
        assert np.array_equal(getattr(scene.lights, name), getattr(wanted.lights, name)), name


def test_what_reaches_across_the_picture_is_told_of_at_its_end(night_view: View):
    """Grain, and the rims of a lens."""
    told: list[object] = []
    parts = PictureParts([(slice(0, 900), slice(0, 1200))], lambda _, part: told.append(part))
    for options in (Options(grain="match"), Options(lens="petzval")):
        night_view.full(night_view.look(options), parts=parts)
    assert told == []


def test_whoever_waits_for_parts_gets_the_picture_that_they_are_in():
    parts = [(slice(0, 4), slice(0, 4)), (slice(0, 4), slice(4, 8))]
    arrivals = Arrivals(parts)
    one, both = arrivals.wait(parts[0]), arrivals.wait((slice(0, 2), slice(0, 8)))
    first, second = np.zeros((4, 8, 3), np.float32), np.ones((4, 8, 3), np.float32)
    arrivals.finished(first, parts[0])
    assert one.result(0)[0] is first and not both.done()
    arrivals.begin()  # it has given way to a draft, and is made anew
    late = arrivals.wait(parts[0])
    arrivals.finished(second, parts[1])
    assert not late.done() and not both.done()
    arrivals.finished(second, parts[0])
    assert late.result(0)[0] is second and both.result(0)[0] is second and one.result(0)[0] is first
    ended: Future = Future()
    ended.set_exception(Superseded())
    other = Arrivals(parts)
    waiting = other.wait(parts[0])
    other.end(ended)
    for future in (waiting, other.wait(parts[1])):
        with pytest.raises(Superseded):
            future.result(0)


def test_overlays_lie_over_the_picture(page: Page):
    id = page.id("a.heic")
    for kind in ("depth", "sharp"):
        answer = page.post(f"/api/photos/{id}/overlay", {"kind": kind, "settings": {"focus": "1m"}, "width": 64})
        image = Image.open(io.BytesIO(answer.content))
        assert image.mode == "RGBA" and image.size == (64, 48)
    assert page.post(f"/api/photos/{id}/overlay", {"kind": "matte", "width": 64}).status_code == 404
    assert page.post(f"/api/photos/{id}/overlay", {"kind": "x", "width": 64}).status_code == 400


def test_the_sharp_zone_follows_the_focus(page: Page):
    id = page.id("a.heic")

    def marked(x: float, y: float) -> np.ndarray:
        body = {"kind": "sharp", "settings": {"fstop": "0.2", "focus": f"{x},{y}"}, "width": 128}
        return np.asarray(Image.open(io.BytesIO(page.post(f"/api/photos/{id}/overlay", body).content)))[..., 3]

    near, far = marked(0.5, 0.5), marked(0.05, 0.05)
    assert near[48, 64] > 0 and far[48, 64] == 0
    assert near[2, 2] == 0 and far[2, 2] > 0


def test_pictures_of_the_photo_and_of_lenses(page: Page):
    id = page.id("a.heic")
    for path, most in (("thumb", 192), ("source?width=64", 64)):
        image = Image.open(io.BytesIO(page.http.get(f"/api/photos/{id}/{path}").content))
        assert image.format == "JPEG" and max(image.size) <= most
    assert page.http.get(f"/api/photos/{id}/phone").status_code == 404
    for width in ("x", "-1", "1e9", "99999999"):
        assert page.http.get(f"/api/photos/{id}/source?width={width}").status_code == 400
    session = page.http.get("/api/session").json()
    assert {"petzval", "phone"} <= {lens["name"] for lens in session["lenses"]}
    image = Image.open(io.BytesIO(page.http.get("/api/lens/petzval.png").content))
    assert image.size == (96, 96) and np.asarray(image).max() > 200
    assert page.http.get("/api/lens/none.png").status_code == 404


def test_the_ruler_knows_the_depths(page: Page):
    depth = page.photo(page.id("a.heic"))["depth"]
    assert len(depth["histogram"]) == 64 and sum(depth["histogram"]) > 1000
    low, high = depth["dioptres"]
    assert depth["near_m"] == pytest.approx(1 / high) and depth["far_m"] == pytest.approx(1 / low)


def test_other_highlights_are_prepared_when_they_are_asked_for(page: Page):
    id = page.id("a.heic")
    for highlights in ("off", "0.5", 2, "estimate", "auto"):
        answer = page.post(f"/api/photos/{id}/draft", {"settings": {"highlights": highlights}, "width": 100})
        assert answer.status_code == 200, answer.text
    answer = page.post(f"/api/photos/{id}/draft", {"settings": {"style": "gaussian"}, "width": 100})
    assert answer.status_code == 200, answer.text
