"""A long table on a terrace at dusk: crockery, fruit, candles and bottles from 0.7 m to 4 m, lights beyond.

World coordinates: metres, the camera near (0, 0, 1.16) looking along +y and down; the table top at z = 0.74.
"""

from __future__ import annotations

import numpy as np
import scene_kit as kit
from street import AMBER, WARM, bulbs, garland

TOP = 0.74


def _glaze(name: str, colour, rough: float = 0.25, speckle: float = 0.0):
    """Make a glazed-pottery material, speckled where asked."""
    nodes = kit.Nodes(name)
    if speckle:
        dark = tuple(c * (1 - speckle) for c in colour)
        nodes.set(Base_Color=nodes.ramp(nodes.noise(260.0, 2.0), (0.36, dark), (0.44, colour)))
    else:
        nodes.set(Base_Color=colour)
    nodes.set(Roughness=rough, Coat_Weight=0.3, Coat_Roughness=0.08)
    return nodes.material


def _table() -> None:
    wood = kit.Nodes("oak")
    grain = wood.noise(5.0, 8.0, (9.0, 0.6, 1.0))
    fine = wood.noise(60.0, 3.0, (6.0, 0.3, 1.0))
    tone = wood.ramp(grain, (0.30, (0.115, 0.052, 0.022)), (0.52, (0.27, 0.135, 0.060)), (0.74, (0.40, 0.22, 0.105)))
    wood.set(Base_Color=tone, Roughness=0.42, Normal=wood.bump(fine, 0.25, 0.001))
    for k in range(6):
        kit.box("plank", (-0.475 + 0.19 * k, 2.5, TOP - 0.02), (0.186, 4.4, 0.04), wood.material, bevel=0.004)
    cloth = kit.Nodes("runner")
    weave = cloth.add("TexWave", Vector=cloth.coords("Object", (1, 1, 1)), Scale=7.0)
    weave.bands_direction = "Y"
    cloth.set(Base_Color=cloth.ramp(weave.outputs["Fac"], (0.45, (0.60, 0.53, 0.42)), (0.55, (0.17, 0.24, 0.27))))
    cloth.set(Roughness=0.95, Normal=cloth.bump(cloth.noise(900.0, 2.0), 0.4, 0.001))
    kit.box("runner", (0.02, 2.5, TOP + 0.002), (0.34, 4.3, 0.004), cloth.material)


def _mug(at, material, size: float = 1.0, turn: float = 0.6) -> None:
    x, y = at
    outer = [
        (0.0, 0.0),
        (0.034, 0.0),
        (0.040, 0.006),
        (0.042, 0.088),
        (0.040, 0.090),
        (0.038, 0.087),
        (0.036, 0.012),
        (0, 0.010),
    ]
    kit.lathe("mug", np.array(outer) * size, material, location=(x, y, TOP + 0.002))
    t = np.linspace(-1.3, 1.3, 24)
    arc = np.c_[(0.036 + 0.030 * np.cos(t)), 0 * t, 0.046 + 0.030 * np.sin(t)] * size
    c, s = np.cos(turn), np.sin(turn)
    path = np.c_[arc[:, 0] * c, arc[:, 0] * s, arc[:, 2]] + [x, y, TOP + 0.002]
    kit.tube("handle", path, 0.0052 * size, material)


def _candle(at, tall: float, wax, flame, brass) -> None:
    x, y = at
    kit.lathe(
        "holder",
        [(0, 0), (0.045, 0), (0.046, 0.006), (0.018, 0.012), (0.016, 0.03), (0, 0.03)],
        brass,
        location=(x, y, TOP),
    )
    kit.lathe(
        "candle",
        [(0.0, 0.02), (0.011, 0.02), (0.0105, tall), (0.006, tall + 0.002), (0, tall)],
        wax,
        location=(x, y, TOP),
    )
    shape = [(0.0001, 0), (0.0042, 0.006), (0.0050, 0.012), (0.0030, 0.024), (0.0001, 0.038)]
    kit.lathe("flame", shape, flame, location=(x, y, TOP + tall + 0.006), steps=20)


def _bowl(at, rng: np.random.Generator) -> None:
    x, y = at
    ware = _glaze("bowl", (0.055, 0.135, 0.165), 0.2)
    shape = [
        (0, 0),
        (0.045, 0),
        (0.05, 0.012),
        (0.105, 0.055),
        (0.130, 0.095),
        (0.126, 0.096),
        (0.100, 0.060),
        (0, 0.020),
    ]
    kit.lathe("bowl", shape, ware, location=(x, y, TOP + 0.003), steps=64)
    for k in range(9):
        hue = [(0.62, 0.22, 0.020), (0.55, 0.055, 0.030), (0.60, 0.33, 0.030)][k % 3]
        peel = kit.Nodes(f"fruit {k}")
        peel.set(
            Base_Color=peel.ramp(peel.noise(25.0), (0.35, tuple(0.7 * c for c in hue)), (0.65, hue)), Roughness=0.38
        )
        peel.set(Normal=peel.bump(peel.noise(500.0, 2.0), 0.25, 0.001))
        a = 2.4 * k
        r = 0.062 if k < 6 else 0.026
        centre = (x + r * np.cos(a), y + r * np.sin(a), TOP + (0.085 if k < 6 else 0.130) + 0.004 * rng.normal())
        kit.ball("fruit", centre, 0.034 + 0.003 * rng.normal(), peel.material, steps=40)


def _bottle(at, colour, tall: float = 0.30) -> None:
    x, y = at
    glass = kit.Nodes("bottle")
    glass.set(Base_Color=colour, Roughness=0.06, Coat_Weight=1.0)
    shape = np.array(
        [
            (0, 0),
            (0.034, 0),
            (0.037, 0.008),
            (0.037, 0.60),
            (0.030, 0.68),
            (0.014, 0.77),
            (0.0130, 0.96),
            (0.0155, 0.965),
            (0.0155, 1.0),
            (0, 1.0),
        ]
    )
    kit.lathe("bottle", shape * [1, tall], glass.material, location=(x, y, TOP))
    label = kit.Nodes("label")
    label.set(
        Base_Color=label.ramp(label.noise(30.0), (0.4, (0.62, 0.57, 0.46)), (0.6, (0.50, 0.44, 0.33))), Roughness=0.8
    )
    kit.lathe("label", [(0.0374, 0.2 * tall), (0.0374, 0.5 * tall)], label.material, location=(x, y, TOP))


def _vase(at, rng: np.random.Generator) -> None:
    x, y = at
    ware = _glaze("vase", (0.62, 0.56, 0.48), 0.5, 0.55)
    shape = [
        (0, 0),
        (0.035, 0),
        (0.055, 0.04),
        (0.058, 0.09),
        (0.032, 0.15),
        (0.026, 0.18),
        (0.032, 0.195),
        (0.028, 0.193),
        (0.02, 0.15),
    ]
    kit.lathe("vase", shape, ware, location=(x, y, TOP))
    green, stem = kit.foliage("sprigs"), kit.Nodes("stems")
    stem.set(Base_Color=(0.10, 0.12, 0.035), Roughness=0.7)
    for _ in range(17):
        t = np.linspace(0, 1, 16)[:, None]
        lean = rng.normal(0, 0.075, 3) * [1, 1, 0]
        path = np.array([x, y, TOP + 0.15]) + t * [0, 0, rng.uniform(0.17, 0.30)] + t**1.7 * lean
        kit.tube("stem", path, np.linspace(0.0018, 0.0007, 16), stem.material, steps=6)
        spots = path[rng.integers(4, 16, 22)] + rng.normal(0, 0.008, (22, 3))
        tints = [(0.10, 0.16, 0.06), (0.17, 0.22, 0.10), (0.50, 0.18, 0.12), (0.62, 0.42, 0.28)]
        kit.leaves("sprig", spots, 0.026, green, rng, tints)


def _terrace(rng: np.random.Generator) -> None:
    """Build what lies beyond: gravel, a hedge, trunks, a lit house front, strings of bulbs."""
    gravel = kit.Nodes("gravel")
    gravel.set(
        Base_Color=gravel.ramp(gravel.noise(45.0, 6.0), (0.3, (0.07, 0.062, 0.052)), (0.7, (0.19, 0.165, 0.135)))
    )
    gravel.set(Roughness=0.95, Normal=gravel.bump(gravel.noise(120.0), 0.8, 0.01))
    kit.mesh(
        "ground", [[-20, -1, 0], [20, -1, 0], [20, 30, 0], [-20, 30, 0]], [(0, 1, 2, 3)], gravel.material, smooth=False
    )
    green = kit.foliage("hedge leaves")
    tints = [(0.030, 0.060, 0.020), (0.050, 0.090, 0.026), (0.024, 0.050, 0.018)]
    kit.leaves("hedge", rng.uniform([-4.5, 7.0, 0.0], [4.5, 7.7, 1.05], (9000, 3)), 0.085, green, rng, tints)
    plaster = kit.Nodes("house")
    plaster.set(
        Base_Color=plaster.ramp(plaster.noise(2.5, 6.0), (0.3, (0.20, 0.13, 0.09)), (0.7, (0.33, 0.23, 0.16))),
        Roughness=0.9,
    )
    kit.box("house", (0.0, 11.5, 2.0), (14.0, 0.4, 4.0), plaster.material)
    for k, x in enumerate((-3.2, -1.2, 0.9, 2.9)):
        kit.box("pane", (x, 11.27, 1.55), (0.95, 0.04, 1.5), kit.glow(f"pane {k}", (1.0, 0.60, 0.27), 1.6))
        for dx in (-0.5, 0.0, 0.5):
            kit.box("bar", (x + dx, 11.22, 1.55), (0.07, 0.05, 1.6), plaster.material)
        kit.box("bar", (x, 11.22, 1.75), (1.0, 0.05, 0.07), plaster.material)
    bark = kit.Nodes("trunk")
    bark.set(
        Base_Color=(0.06, 0.042, 0.030), Roughness=0.9, Normal=bark.bump(bark.noise(30.0, 6.0, (1, 1, 0.2)), 0.8, 0.01)
    )
    for x, y in ((-1.35, 5.2), (1.7, 6.2)):
        kit.tube(
            "trunk", np.array([[x, y, 0], [x + 0.05, y, 1.2], [x - 0.03, y, 2.6]]), [0.13, 0.10, 0.08], bark.material
        )
    chair = kit.Nodes("chairs")
    chair.set(Base_Color=(0.13, 0.065, 0.032), Roughness=0.5)
    for side in (-1, 1):
        for y in (1.75, 2.65, 3.55):
            for z in (0.62, 0.78, 0.90):
                kit.box("slat", (side * 0.74, y, z), (0.025, 0.42, 0.07), chair.material, bevel=0.01)
            for dy in (-0.19, 0.19):
                kit.box("leg", (side * 0.74, y + dy, 0.48), (0.035, 0.035, 0.96), chair.material, bevel=0.008)


def build(detail: float, seed: int = 5) -> None:
    """Put table, terrace and light into the scene; `detail` is not needed here and kept for symmetry."""
    del detail
    rng = np.random.default_rng(seed)
    kit.sky(
        [(0.0, (0.10, 0.09, 0.09)), (0.5, (0.55, 0.30, 0.20)), (0.60, (0.30, 0.26, 0.38)), (1.0, (0.10, 0.17, 0.36))],
        0.8,
    )
    _table()
    _terrace(rng)
    cream = _glaze("cream", (0.66, 0.58, 0.47), 0.35, 0.5)
    blue = _glaze("blue", (0.045, 0.11, 0.19), 0.2)
    rust = _glaze("rust", (0.40, 0.115, 0.045), 0.3)
    plate = [(0, 0.004), (0.075, 0.004), (0.095, 0.010), (0.130, 0.020), (0.131, 0.023), (0.094, 0.014), (0, 0.009)]
    for x, y, ware in (
        (-0.31, 1.02, cream),
        (0.35, 1.30, blue),
        (-0.34, 1.95, cream),
        (0.36, 2.35, cream),
        (-0.34, 3.0, blue),
        (0.35, 3.5, cream),
    ):
        kit.lathe("plate", plate, ware, location=(x, y, TOP), steps=72)
    for at, ware, turn in (
        ((0.275, 0.86), rust, -0.4),
        ((-0.19, 1.32), blue, 2.6),
        ((0.22, 1.75), cream, 0.3),
        ((-0.22, 2.5), rust, 2.2),
        ((0.2, 2.9), blue, 0.2),
    ):
        _mug(at, ware, 1.0, turn)
    wax, brass = kit.Nodes("wax"), kit.Nodes("brass")
    wax.set(Base_Color=(0.72, 0.63, 0.48), Roughness=0.5, Subsurface_Weight=0.3, Subsurface_Scale=0.01)
    brass.set(Base_Color=(0.60, 0.40, 0.16), Metallic=1.0, Roughness=0.25)
    flame = kit.glow("flame", (1.0, 0.60, 0.22), 40.0)
    for at, tall in (
        ((-0.055, 1.12), 0.15),
        ((0.07, 1.55), 0.21),
        ((-0.05, 2.15), 0.17),
        ((0.08, 2.75), 0.22),
        ((-0.03, 3.5), 0.18),
        ((0.05, 4.2), 0.2),
    ):
        _candle(at, tall, wax.material, flame, brass.material)
        kit.lamp(
            "candle light", (at[0], at[1], TOP + tall + 0.12), (at[0], at[1] - 0.05, TOP), 0.08, 2.2, (1.0, 0.62, 0.30)
        )
    _bowl((0.045, 1.33), rng)
    _bottle((-0.40, 1.55), (0.012, 0.040, 0.018))
    _bottle((0.36, 2.02), (0.045, 0.016, 0.008), 0.26)
    _bottle((-0.17, 3.15), (0.012, 0.040, 0.018))
    _vase((-0.17, 1.72), rng)
    _vase((0.12, 3.85), rng)
    wire = kit.Nodes("wire")
    wire.set(Base_Color=(0.01, 0.01, 0.01))
    bulb = kit.glow("bulbs", WARM, 30.0)
    for k, (a, b, sag, count) in enumerate(
        (
            ((-1.6, 4.7, 1.56), (1.8, 5.6, 1.60), 0.20, 13),
            ((-2.6, 6.8, 1.72), (2.6, 6.8, 1.66), 0.25, 17),
            ((-3.5, 10.0, 2.02), (3.6, 10.0, 1.98), 0.30, 19),
        )
    ):
        garland(f"garland {k}", a, b, sag, count, bulb, wire.material)
    fairy = np.c_[rng.uniform(-3, 3, 60), np.full(60, 6.95), rng.uniform(0.35, 1.05, 60)]
    bulbs("fairy", fairy, 0.009, kit.glow("fairy", AMBER, 60.0))
    # a little string of lights along the runner, from the near edge of the table
    t = np.linspace(0, 1, 90)
    path = np.c_[0.20 + 0.045 * np.sin(19 * t), 0.72 + 3.4 * t**1.2, np.full(90, TOP + 0.007)]
    kit.tube("light wire", path, 0.0012, brass.material, steps=6)
    bulbs("wire lights", path[::2] + [0, 0, 0.003], 0.0036, kit.glow("wire lights", WARM, 45.0))
    kit.lamp("key", (-1.6, 0.7, 2.6), (0, 1.6, TOP), 1.2, 32, (1.0, 0.80, 0.62))
    kit.lamp("rim", (1.8, 4.2, 2.4), (0, 1.8, TOP), 0.8, 55, (1.0, 0.64, 0.36))
