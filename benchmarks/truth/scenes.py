"""The truth set's scenes, out of the samples' parts: each makes its objects and returns its lamps and settings.

World: metres, the camera at (0, 0, height) looking along +y. Lamps are returned, not built: see `lights.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import person
import scene_kit as kit
import still_life
import street


@dataclass(frozen=True)
class Lamp:
    """A small spherical light: place and radius in metres, radiance."""

    place: tuple[float, float, float]
    radius: float
    radiance: tuple[float, float, float]


@dataclass(frozen=True)
class Config:
    """One lens setting."""

    name: str
    f_number: float
    focus_m: float
    blades: int = 0
    rotation_deg: float = 0.0


@dataclass(frozen=True)
class Setting:
    """What the renderer must know besides the objects."""

    focal_mm: float
    height_m: float
    pitch_deg: float
    configs: tuple[Config, ...]
    lamps: list[Lamp] = field(default_factory=list)
    key: tuple[float, float, float] = (-0.5, -0.6, 0.62)  # towards the light
    key_strength: float = 0.55
    ambient: float = 0.20
    exposure: float = 1.0


def _triple(values: Iterable[float]) -> tuple[float, float, float]:
    """Return three plain floats."""
    a, b, c = map(float, values)
    return a, b, c


def _recorder(lamps: list[Lamp], scale: float = 1.0):
    """Stand in for `street.bulbs`: keep the places of the bulbs instead of building them."""

    def record(name: str, centres: np.ndarray, radius: float, material) -> None:
        shader = material.node_tree.nodes["Principled BSDF"]
        strength = shader.inputs["Emission Strength"].default_value * scale
        colour = [float(c) * strength for c in shader.inputs["Emission Color"].default_value[:3]]
        # A lamp looks back at the lens from its middle only: small ones keep that exact.
        small = min(radius, 0.008)
        colour = [c * min((radius / small) ** 2, 4.0) for c in colour]
        lamps.extend(Lamp(_triple(c), small, _triple(colour)) for c in np.asarray(centres))

    street.bulbs = still_life.bulbs = record
    return record


def _more(rng: np.random.Generator, count: int, low, high, power=(20.0, 2000.0), size=(0.004, 0.012)) -> list[Lamp]:
    """Scatter lamps in a box, white to warm, `power` times the clip (evenly in stops)."""
    tints = np.array(
        [[1, 0.72, 0.40], [1, 0.55, 0.22], [1, 0.93, 0.80], [0.6, 0.8, 1.0], [1, 0.25, 0.15], [0.35, 1, 0.5]]
    )
    lamps = []
    for _ in range(count):
        level = np.exp(rng.uniform(*np.log(power)))
        # The brightest are the smallest, so that their discs stay within a few times the clip.
        radius = float(np.clip(size[1] * (power[0] / level) ** 0.35, size[0], size[1]))
        colour = tints[rng.choice(6, p=[0.3, 0.2, 0.2, 0.12, 0.1, 0.08])] * level
        lamps.append(Lamp(_triple(rng.uniform(low, high)), radius, _triple(colour)))
    return lamps


def _globes(lamps: list[Lamp]) -> None:
    """Turn the street's lamp globes and signs into lamps too."""
    for thing in list(kit.bpy.data.objects):
        if thing.name.startswith(("globe", "sign")):
            shader = thing.material_slots[0].material.node_tree.nodes["Principled BSDF"]
            colour = [float(c) * 160.0 for c in shader.inputs["Emission Color"].default_value[:3]]
            lamps.append(Lamp(_triple(thing.location), 0.012, _triple(colour)))
            kit.bpy.data.objects.remove(thing)
        elif thing.name.startswith("lit"):
            shader = thing.material_slots[0].material.node_tree.nodes["Principled BSDF"]
            strength = shader.inputs["Emission Strength"]
            strength.default_value = min(strength.default_value, 1.6)


def _matte(thing_material, name: str) -> None:
    """Add a matte output to a finished material."""
    tree = thing_material.node_tree
    out = tree.nodes.new("ShaderNodeOutputAOV")
    out.aov_name = name
    out.inputs["Value"].default_value = 1.0


def _backdrop(y: float = 45.0) -> None:
    """Hang the sky as a wall far away, so that every pixel has a depth."""
    nodes = kit.Nodes("backdrop")
    height = nodes.add("SeparateXYZ", Vector=nodes.add("TexCoord").outputs["Object"])
    span = nodes.add("MapRange", Value=height.outputs["Z"], From_Max=22.0)
    colour = nodes.ramp(
        span.outputs[0], (0.0, (0.75, 0.36, 0.17)), (0.25, (0.45, 0.26, 0.25)), (1.0, (0.07, 0.10, 0.22))
    )
    nodes.set(Base_Color=(0, 0, 0), Emission_Color=colour, Emission_Strength=0.8)
    corners = np.array([[-40, y, -5], [40, y, -5], [40, y, 30], [-40, y, 30]])
    kit.mesh("backdrop", corners, [(0, 1, 2, 3)], nodes.material, smooth=False)


def _street(seed: int = 11, bulbs: float = 1.0) -> list[Lamp]:
    """Build the evening street without the leaves before it; its lamps, the bulbs' light times a factor."""
    lamps: list[Lamp] = []
    _recorder(lamps, bulbs)
    street._near_leaves = lambda rng: None
    street.build(seed=seed)
    _backdrop()
    _globes(lamps)
    return lamps


def portrait() -> Setting:
    """Build hair against an evening street, lamps behind it."""
    lamps, rng = _street(bulbs=0.8), np.random.default_rng(1)
    person.build((-0.06, 1.80, 1.50), 0.42, 0.0020)
    lamps += _more(rng, 14, (-1.3, 6.5, 1.1), (0.7, 9.0, 2.3), (20, 600), (0.004, 0.012))
    configs = (
        Config("subj_f1.4_circ", 1.4, 1.72),
        Config("subj_f2.8_hex", 2.8, 1.72, 6, 15.0),
        Config("back_f2_hept", 2.0, 7.0, 7, 0.0),
    )
    return Setting(85.0, 1.52, 0.0, configs, lamps)


def near_front() -> Setting:
    """Build a garden, a twig with leaves right across the sitter."""
    lamps: list[Lamp] = []
    rng = np.random.default_rng(2)
    _recorder(lamps)
    still_life._terrace(rng)
    _backdrop()
    person.build((0.05, 2.0, 1.12), -0.35, 0.0020, seed=8)
    gold, bark = kit.foliage("near leaves", ("front",)), kit.Nodes("twig", ("front",))
    bark.set(Base_Color=(0.12, 0.075, 0.045))
    tints = [(0.55, 0.20, 0.03), (0.45, 0.30, 0.04), (0.20, 0.28, 0.05), (0.32, 0.36, 0.08)]
    for a, b, leaves in (((-0.40, 0.78, 0.92), (0.24, 0.70, 1.10), 16), ((0.40, 0.85, 1.30), (0.02, 0.74, 1.19), 10)):
        t = np.linspace(0, 1, 40)[:, None]
        path = np.asarray(a) * (1 - t) + np.asarray(b) * t + [0, 0, 0.015] * np.sin(6 * t)
        kit.tube("twig", path, np.linspace(0.0045, 0.0012, 40), bark.material, steps=8)
        spots = path[rng.integers(4, 40, leaves)] + rng.normal(0, 0.020, (leaves, 3))
        kit.leaves("near", spots, 0.055, gold, rng, tints)
    wire = kit.Nodes("wire")
    wire.set(Base_Color=(0.02, 0.02, 0.02))
    for k, (a, b) in enumerate((((-2, 5.5, 1.75), (2, 5.8, 1.7)), ((-2.6, 7, 2.1), (2.6, 7, 2.1)))):
        street.garland(f"garland {k}", a, b, 0.3, 11, kit.glow("bulb", street.WARM, 24.0), wire.material, 0.014)
    lamps += _more(rng, 16, (-2.2, 6.2, 0.4), (2.2, 6.8, 1.5), (20, 400))
    configs = (
        Config("subj_f1.8_circ", 1.8, 1.92),
        Config("front_f2_hex", 2.0, 0.76, 6, 0.0),
        Config("back_f2.8_circ", 2.8, 6.8),
    )
    return Setting(70.0, 1.12, 0.0, configs, lamps)


def fence() -> Setting:
    """Build a wire fence with ivy before a market stall's jars, lamps behind it all."""
    lamps, rng = _street(), np.random.default_rng(3)
    wire = kit.Nodes("fence", ("front",))
    wire.set(Base_Color=wire.ramp(wire.noise(30.0), (0.35, (0.10, 0.16, 0.13)), (0.65, (0.30, 0.17, 0.09))))
    t = np.linspace(-1, 1, 90)
    for k in np.arange(-16, 17):
        for slope in (-1, 1):
            x = k * 0.085 + 0.45 * t * slope
            path = np.c_[x, 1.00 + 0.004 * slope * np.cos(np.pi * x / 0.0425), 1.5 + 0.45 * t]
            kit.tube("wire", path, 0.0021, wire.material, steps=6)
    for x in (-0.44, 0.36):
        kit.tube("pole", np.array([[x, 1.02, 0.9], [x, 1.02, 1.5], [x, 1.02, 2.1]]), 0.014, wire.material)
    ivy = kit.foliage("ivy", ("front",))
    spots = (
        rng.normal(size=(70, 3)) * [0.10, 0.012, 0.07]
        + np.array([[-0.27, 0.98, 1.36], [0.33, 0.98, 1.66]])[rng.integers(2, size=70)]
    )
    kit.leaves("ivy", spots, 0.038, ivy, rng, [(0.06, 0.14, 0.03), (0.10, 0.20, 0.05), (0.22, 0.20, 0.05)])
    plank = kit.Nodes("stall", ("subject",))
    plank.set(
        Base_Color=plank.ramp(plank.noise(9.0, 6.0, (1, 8, 8)), (0.3, (0.16, 0.08, 0.04)), (0.7, (0.36, 0.20, 0.10)))
    )
    kit.box("stall", (0.0, 2.45, 1.22), (1.25, 0.42, 0.05), plank.material, bevel=0.01)
    kit.box("stall leg", (0.0, 2.5, 0.6), (1.1, 0.3, 1.2), plank.material)
    for k, x in enumerate(np.linspace(-0.5, 0.5, 6)):
        hue = [
            (0.50, 0.10, 0.05),
            (0.10, 0.25, 0.32),
            (0.55, 0.42, 0.15),
            (0.30, 0.34, 0.12),
            (0.52, 0.48, 0.42),
            (0.26, 0.10, 0.20),
        ][k]
        jar = kit.Nodes(f"jar {k}", ("subject",))
        bands = jar.add("TexWave", Vector=jar.coords(), Scale=9.0, Distortion=2.0 * (k % 3))
        bands.bands_direction = "Z"
        jar.set(Base_Color=jar.ramp(bands.outputs["Fac"], (0.4, hue), (0.6, tuple(0.45 * c + 0.1 for c in hue))))
        tall = 0.22 + 0.09 * ((k * 7) % 4) / 3
        shape = np.array(
            [(0, 0), (0.05, 0), (0.075, 0.3), (0.07, 0.6), (0.035, 0.8), (0.04, 0.95), (0.03, 1.0), (0, 1.0)]
        )
        kit.lathe("jar", shape * [1, tall], jar.material, location=(x, 2.42 + 0.06 * (k % 2), 1.245), steps=56)
    lamps += _more(rng, 20, (-1.5, 5.5, 0.9), (0.75, 10.0, 2.2), (20, 900))
    configs = (
        Config("subj_f1.4_circ", 1.4, 2.38),
        Config("front_f1.8_oct", 1.8, 1.0, 8, 10.0),
        Config("back_f1.2_hex", 1.2, 7.0, 6, 30.0),
    )
    return Setting(50.0, 1.5, 0.0, configs, lamps)


def night() -> Setting:
    """Build a dark street: a pillar box in front, lamps from 20 to 2000 times white behind it."""
    lamps, rng = _street(seed=12), np.random.default_rng(4)
    red = kit.Nodes("pillar box", ("subject",))
    red.set(Base_Color=red.ramp(red.noise(14.0, 5.0), (0.3, (0.42, 0.020, 0.018)), (0.7, (0.75, 0.060, 0.045))))
    dark = kit.Nodes("slot", ("subject",))
    dark.set(Base_Color=(0.02, 0.02, 0.02))
    plate = kit.Nodes("plate", ("subject",))
    plate.set(Base_Color=plate.ramp(plate.noise(60.0), (0.45, (0.7, 0.66, 0.58)), (0.55, (0.12, 0.11, 0.10))))
    shape = [
        (0, 0),
        (0.23, 0),
        (0.23, 0.12),
        (0.20, 0.16),
        (0.20, 1.28),
        (0.235, 1.31),
        (0.235, 1.37),
        (0.17, 1.45),
        (0, 1.49),
    ]
    kit.lathe("pillar", shape, red.material, location=(-0.22, 2.6, 0.02), steps=96)
    kit.box("slot", (-0.22, 2.395, 1.16), (0.20, 0.03, 0.025), dark.material)
    kit.box("plate", (-0.22, 2.395, 0.99), (0.15, 0.02, 0.12), plate.material, bevel=0.004)
    rail = kit.Nodes("rail", ("front",))
    rail.set(Base_Color=rail.ramp(rail.noise(25.0), (0.4, (0.06, 0.065, 0.07)), (0.6, (0.16, 0.15, 0.14))))
    kit.tube(
        "hand rail", np.array([[-0.1, 0.95, 0.98], [0.25, 1.0, 1.05], [0.7, 1.1, 1.10]]), 0.021, rail.material, steps=20
    )
    for x in (0.16, 0.33, 0.50):
        kit.tube("bar", np.array([[x, 1.02, 0.3], [x, 1.02, 0.7], [x, 1.02, 1.05]]), 0.009, rail.material)
    lamps += _more(rng, 46, (-1.7, 5.0, 0.7), (0.75, 14.0, 2.6), (20, 2000), (0.0035, 0.014))
    configs = (
        Config("subj_f1.4_circ", 1.4, 2.4),
        Config("subj_f2_pent", 2.0, 2.4, 5, 0.0),
        Config("back_f1.8_circ", 1.8, 9.0),
        Config("front_f2.8_hex", 2.8, 1.02, 6, 20.0),
    )
    return Setting(50.0, 1.3, 0.0, configs, lamps, key_strength=0.22, ambient=0.07)


def table() -> Setting:
    """Build a long table that runs through focus, its things at every distance."""
    lamps: list[Lamp] = []
    _recorder(lamps)
    still_life.build(0.5)
    _backdrop()
    for thing in list(kit.bpy.data.objects):
        if thing.name.startswith(("bowl", "fruit")):
            for slot in thing.material_slots:
                _matte(slot.material, "subject")
        if thing.name.startswith("flame"):
            kit.bpy.data.objects.remove(thing)
    for at, tall in (
        ((-0.055, 1.12), 0.15),
        ((0.07, 1.55), 0.21),
        ((-0.05, 2.15), 0.17),
        ((0.08, 2.75), 0.22),
        ((-0.03, 3.5), 0.18),
    ):
        lamps.append(Lamp((at[0], at[1], still_life.TOP + tall + 0.022), 0.006, (60.0, 36.0, 14.0)))
    configs = (
        Config("mid_f1.4_circ", 1.4, 1.30),
        Config("front_f2_circ", 2.0, 0.95),
        Config("back_f1.4_nona", 1.4, 3.2, 9, 10.0),
    )
    return Setting(50.0, 1.16, -10.5, configs, lamps)


def indoor() -> Setting:
    """Build a close portrait with glasses before shelves and a lit tree."""
    lamps: list[Lamp] = []
    rng = np.random.default_rng(6)
    _recorder(lamps)
    _backdrop(8.0)
    holder = person.build((-0.03, 0.95, 1.40), 0.22, 0.0016, seed=5)
    wire = kit.Nodes("glasses", ("subject",))
    wire.set(Base_Color=(0.035, 0.022, 0.018))
    for side in (-1, 1):
        turn = np.linspace(0, 2 * np.pi, 60)
        ring = np.c_[
            side * 0.0325 + 0.0245 * np.cos(turn), -0.0985 + 0.006 * np.cos(turn) ** 2, 0.000 + 0.0205 * np.sin(turn)
        ]
        parts = [kit.tube("rim", ring, 0.0013, wire.material)]
        arm = np.array(
            [
                [side * 0.057, -0.094, 0.006],
                [side * 0.074, -0.06, 0.008],
                [side * 0.079, 0.0, 0.006],
                [side * 0.078, 0.03, -0.01],
            ]
        )
        parts.append(kit.tube("arm", arm, 0.0012, wire.material))
        for part in parts:
            part.parent = holder
    bridge = np.array([[-0.009, -0.097, 0.003], [0.0, -0.100, 0.007], [0.009, -0.097, 0.003]])
    kit.tube("bridge", bridge, 0.0013, wire.material).parent = holder
    wall = kit.Nodes("wall")
    paper = wall.add("TexVoronoi", Vector=wall.coords(), Scale=7.0)
    wall.set(Base_Color=wall.ramp(paper.outputs["Distance"], (0.2, (0.30, 0.22, 0.15)), (0.7, (0.17, 0.20, 0.17))))
    kit.box("wall", (0, 3.6, 1.4), (5, 0.1, 3.4), wall.material)
    oak = kit.Nodes("shelf")
    oak.set(Base_Color=oak.ramp(oak.noise(6.0, 5.0, (1, 6, 6)), (0.3, (0.14, 0.07, 0.03)), (0.7, (0.30, 0.16, 0.08))))
    for z in (0.85, 1.20, 1.55, 1.90):
        kit.box("shelf", (0.45, 3.2, z), (1.7, 0.28, 0.03), oak.material)
        x = -0.36
        while x < 1.2:
            thick, tall = rng.uniform(0.02, 0.05), rng.uniform(0.18, 0.29)
            cover = kit.Nodes("book")
            hue = 0.04 + 0.26 * rng.uniform(size=3) ** 1.5
            band = cover.add("TexWave", Vector=cover.coords(), Scale=float(rng.uniform(2, 6)))
            band.bands_direction = "Z"
            cover.set(Base_Color=cover.ramp(band.outputs["Fac"], (0.7, tuple(hue)), (0.8, tuple(0.6 * hue + 0.10))))
            kit.box("book", (x + thick / 2, 3.16, z + 0.015 + tall / 2), (thick, 0.19, tall), cover.material)
            x += thick + (0.002 if rng.random() < 0.9 else 0.09)
    tree = kit.foliage("fir")
    cone = rng.uniform(size=(5000, 3)) * [2 * np.pi, 1, 1]
    r = 0.55 * (1 - cone[:, 1]) * np.sqrt(cone[:, 2])
    spots = np.c_[-0.85 + r * np.cos(cone[:, 0]), 2.7 + r * np.sin(cone[:, 0]), 0.5 + 1.6 * cone[:, 1]]
    kit.leaves("fir", spots, 0.06, tree, rng, [(0.03, 0.09, 0.04), (0.05, 0.13, 0.05), (0.02, 0.06, 0.03)])
    outer = spots[cone[:, 2] > 0.75]
    pick = outer[outer[:, 1] < 2.7][:60] + [0, -0.06, 0]
    for place in pick:
        level = float(np.exp(rng.uniform(np.log(40), np.log(500))))
        hue = [(1, 0.7, 0.36), (1, 0.3, 0.2), (0.4, 0.7, 1.0)][rng.choice(3, p=[0.7, 0.2, 0.1])]
        lamps.append(Lamp(_triple(place), 0.0035, _triple(level * c for c in hue)))
    leaf = kit.foliage("pot plant", ("front",))
    stem = np.array([0.175, 0.55, 1.25])
    kit.leaves(
        "pot plant",
        stem + rng.normal(size=(26, 3)) * [0.05, 0.03, 0.05],
        0.075,
        leaf,
        rng,
        [(0.10, 0.24, 0.07), (0.16, 0.32, 0.10)],
    )
    configs = (
        Config("subj_f2_circ", 2.0, 0.87),
        Config("subj_f4_hex", 4.0, 0.87, 6, 0.0),
        Config("back_f2.8_circ", 2.8, 2.8),
        Config("front_f2.8_pent", 2.8, 0.55, 5, 12.0),
    )
    return Setting(50.0, 1.38, 0.0, configs, lamps, key=(-0.7, -0.55, 0.45))


SCENES = {
    "o1_portrait": portrait,
    "o2_near": near_front,
    "o3_fence": fence,
    "o4_night": night,
    "o5_table": table,
    "o6_glasses": indoor,
}
