"""A cup of coffee on a cafe table at night, half a metre away; behind it a wet street and its lights, from 3 m to 40 m.

World coordinates: metres, the camera near (0, 0, 0.98) looking along +y and a little down; the table top at z = 0.74.
"""

from __future__ import annotations

import numpy as np
import scene_kit as kit
from street import AMBER, WARM, bulbs, garland

TOP = 0.74
CUP = (0.015, 0.56)
"""Where the cup stands, x and y."""


def _smooth(profile: list[tuple[float, float]], steps: int = 6) -> np.ndarray:
    """Round the corners of a profile of (radius, height): a Catmull-Rom curve through its points."""
    p = np.asarray([profile[0], *profile, profile[-1]], float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.maximum(np.concatenate([*parts, p[-1:]]), [1e-5, -1.0])


def _table() -> None:
    wood = kit.Nodes("walnut")
    grain = wood.noise(6.0, 9.0, (0.7, 7.0, 1.0))
    fine = wood.noise(70.0, 4.0, (0.35, 6.0, 1.0))
    tone = wood.ramp(grain, (0.32, (0.030, 0.014, 0.008)), (0.52, (0.085, 0.040, 0.020)), (0.72, (0.15, 0.078, 0.038)))
    worn = wood.add("MapRange", Value=wood.noise(9.0, 5.0), From_Min=0.35, From_Max=0.7, To_Min=0.16, To_Max=0.36)
    wood.set(Base_Color=tone, Roughness=worn.outputs[0], Normal=wood.bump(fine, 0.12, 0.0006))
    for k in range(5):
        kit.box("board", (0.0, 0.33 + 0.136 * k, TOP - 0.02), (1.3, 0.1345, 0.04), wood.material, bevel=0.0025)


def _cup() -> None:
    x, y = CUP
    china = kit.Nodes("china")
    speck = china.ramp(china.noise(420.0, 2.0), (0.28, (0.20, 0.15, 0.11)), (0.34, (0.56, 0.52, 0.46)))
    china.set(Base_Color=speck, Roughness=0.22, Coat_Weight=0.5, Coat_Roughness=0.05, Subsurface_Weight=0.0)
    saucer = [(0, 0.003), (0.040, 0.003), (0.046, 0.004), (0.066, 0.012), (0.0755, 0.0185), (0.0765, 0.0195)]
    saucer += [(0.0745, 0.0200), (0.062, 0.0140), (0.036, 0.0075), (0.030, 0.0070), (0, 0.0070)]
    kit.lathe("saucer", _smooth(saucer), china.material, location=(x, y, TOP), steps=128)
    cup = [(0, 0), (0.023, 0), (0.0255, 0.003), (0.030, 0.010), (0.0405, 0.030), (0.0455, 0.052), (0.0468, 0.0605)]
    cup += [(0.0460, 0.0622), (0.0446, 0.0610), (0.0430, 0.052), (0.038, 0.031), (0.027, 0.012), (0, 0.008)]
    base = TOP + 0.0075
    kit.lathe("cup", _smooth(cup), china.material, location=(x, y, base), steps=128)
    t = np.linspace(-1.45, 1.35, 30)
    bow = np.c_[0.0385 + 0.0245 * np.cos(t) + 0.004 * np.sin(t), 0 * t, 0.0335 + 0.0205 * np.sin(t)]
    c, s = np.cos(-0.45), np.sin(-0.45)
    path = np.c_[bow[:, 0] * c, bow[:, 0] * s, bow[:, 2]] + [x, y, base]
    kit.tube("handle", path, 0.0042 + 0.0012 * np.abs(np.linspace(-1, 1, 30)) ** 2, china.material, steps=16)
    _latte((x, y, base + 0.0548))


def _latte(at) -> None:
    """Lay the milk on the coffee: a leaf of foam whose ribs bend towards its stem."""
    n, radius = 260, 0.0437
    a, r = np.meshgrid(np.linspace(0, 2 * np.pi, n, endpoint=False), np.linspace(0, 1, 110) ** 0.8, indexing="xy")
    px, py = r * np.cos(a + 0.5), r * np.sin(a + 0.5)  # turned a little towards the camera's left
    u, v = px * np.cos(0.5) + py * np.sin(0.5), -px * np.sin(0.5) + py * np.cos(0.5)
    width = 0.60 * np.sqrt(np.clip(1 - ((v + 0.02) / 0.80) ** 2, 0, 1)) * (1 - 0.28 * v)
    inside = np.clip((width - np.abs(u)) / 0.06, 0, 1)
    ribs = 0.5 + 0.5 * np.sin(21 * (v - 0.55 * np.abs(u) ** 0.9))
    stem = np.clip(1 - np.abs(u) / 0.035, 0, 1) * (np.abs(v) < 0.78)
    milk = np.clip(
        inside * np.clip(2.6 * ribs - 0.75, 0, 1) * (1 - stem) + np.clip((r - 0.955) / 0.03, 0, 1) * 0.25, 0, 1
    )
    crema = np.array([0.21, 0.085, 0.028]) * (0.8 + 0.35 * np.clip(r, 0, 1))[..., None]
    tint = crema + milk[..., None] * (np.array([0.78, 0.66, 0.50]) - crema)
    z = 0.0012 * r**8 + 0.00035 * milk
    points = np.stack([at[0] + radius * r * np.cos(a), at[1] + radius * r * np.sin(a), at[2] + z], -1)
    rows = points.shape[0]
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(n), indexing="ij")
    p, q = (i * n + j).ravel(), (i * n + (j + 1) % n).ravel()
    foam = kit.Nodes("latte")
    foam.set(Base_Color=foam.attribute("tint"), Roughness=0.38, Coat_Weight=0.15)
    foam.set(Normal=foam.bump(foam.noise(1500.0, 3.0), 0.12, 0.0004))
    faces = np.stack([p, q, q + n, p + n], -1)
    kit.mesh("latte", points.reshape(-1, 3), faces, foam.material, colour=tint.reshape(-1, 3))


def _spoon() -> None:
    steel = kit.Nodes("steel")
    steel.set(Base_Color=(0.62, 0.60, 0.57), Metallic=1.0, Roughness=0.14)
    t = np.linspace(0, 1, 60)
    wide = np.where(t < 0.3, 0.0098 * np.sqrt(np.clip(1 - ((t - 0.15) / 0.155) ** 2, 0, 1)) ** 0.8, 0.0)
    wide = np.maximum(wide, 0.0017 + 0.0026 * np.clip((t - 0.55) / 0.45, 0, 1)) * np.clip((1.005 - t) / 0.02, 0.1, 1)
    dip = -0.0035 * np.exp(-(((t - 0.15) / 0.10) ** 2)) + 0.006 * np.clip((t - 0.3) / 0.7, 0, 1)
    across = np.linspace(-1, 1, 15)
    length = 0.125
    x0, y0, turn = CUP[0] - 0.082, CUP[1] - 0.048, 0.30
    along = length * t[:, None] + 0 * across
    side = wide[:, None] * across
    up = dip[:, None] * (1 - across**2 * (t < 0.3)[:, None]) + 0.0225
    flat = np.stack(
        [
            x0 + along * np.sin(turn) + side * np.cos(turn),
            y0 - 0.02 + along * np.cos(turn) - side * np.sin(turn),
            TOP + up,
        ],
        -1,
    )
    i, j = np.meshgrid(np.arange(59), np.arange(14), indexing="ij")
    p = (i * 15 + j).ravel()
    spoon = kit.mesh("spoon", flat.reshape(-1, 3), np.stack([p, p + 1, p + 16, p + 15], -1), steel.material)
    thick = spoon.modifiers.new("thick", "SOLIDIFY")
    thick.thickness = 0.0011


def _biscuits(rng: np.random.Generator) -> None:
    """Put two amaretti on the saucer's edge, and a third beside it."""
    crust = kit.Nodes("amaretti")
    baked = crust.ramp(crust.noise(95.0, 6.0), (0.35, (0.20, 0.085, 0.028)), (0.62, (0.46, 0.25, 0.10)))
    crust.set(Base_Color=baked, Roughness=0.75, Normal=crust.bump(crust.noise(230.0, 5.0), 0.9, 0.002))
    dome = _smooth([(0, 0), (0.013, 0), (0.0155, 0.003), (0.0145, 0.007), (0.009, 0.0112), (0, 0.0125)])
    for dx, dy, z, lean in ((0.052, -0.034, 0.0165, 0.24), (0.066, -0.004, 0.0185, 0.30), (0.128, -0.052, 0.0003, 0.0)):
        one = kit.lathe(
            "amaretto",
            dome * rng.uniform(0.96, 1.06),
            crust.material,
            location=(CUP[0] + dx, CUP[1] + dy, TOP + z),
            steps=40,
        )
        one.rotation_euler = (0.4 * lean, -lean, rng.uniform(0, 6))
    sugar = rng.uniform([-0.02, 0.42, TOP + 0.0006], [0.20, 0.60, TOP + 0.0006], (26, 3))
    bulbs("crumbs", sugar, 0.0011, crust.material)


def _candle() -> None:
    """Stand a tea light in a tumbler at the table's far corner."""
    x, y = -0.155, 0.80
    glass = kit.Nodes("tumbler")
    glass.set(Base_Color=(0.96, 0.84, 0.70), Roughness=0.03, Transmission_Weight=1.0, IOR=1.18)
    kit.lathe("tumbler", [(0.0318, 0.0), (0.0345, 0.085)], glass.material, location=(x, y, TOP + 0.001), steps=64)
    kit.lathe(
        "rim", [(0.0345, 0.0850), (0.0352, 0.0862), (0.0345, 0.0870)], glass.material, location=(x, y, TOP), steps=64
    )
    wax = kit.glow("warm wax", (1.0, 0.50, 0.18), 0.38)
    kit.lathe("tea light", [(0, 0.002), (0.027, 0.002), (0.027, 0.020), (0, 0.0195)], wax, location=(x, y, TOP))
    flame = kit.glow("flame", (1.0, 0.60, 0.22), 34.0)
    shape = [(0.0001, 0), (0.0036, 0.005), (0.0043, 0.010), (0.0026, 0.021), (0.0001, 0.031)]
    kit.lathe("flame", shape, flame, location=(x, y, TOP + 0.023), steps=20)
    light = kit.lamp("candle light", (x, y - 0.02, TOP + 0.075), (CUP[0], CUP[1], TOP), 0.03, 0.55, (1.0, 0.62, 0.30))
    light.visible_transmission = light.visible_glossy = False  # the flame is what is seen


def _traffic(rng: np.random.Generator) -> None:
    """Light the far street: cars that come and go, signals, lanterns over the road, windows."""
    iron = kit.Nodes("lantern iron")
    iron.set(Base_Color=(0.012, 0.012, 0.013), Metallic=0.5, Roughness=0.4)
    head, tail = kit.glow("headlights", (1.0, 0.86, 0.66), 46.0), kit.glow("tail lights", (1.0, 0.045, 0.025), 22.0)
    for x, y in ((-1.15, 14.0), (-1.7, 21.0), (-1.0, 30.0)):
        bulbs("headlights", np.array([[x - 0.55, y, 0.66], [x + 0.55, y, 0.66]]), 0.075, head)
    for x, y in ((0.25, 11.0), (0.75, 17.5), (0.2, 26.0), (1.2, 33.0)):
        bulbs("tails", np.array([[x - 0.55, y, 0.80], [x + 0.55, y, 0.80]]), 0.07, tail)
    for x, y, z, hue, gain in (
        (-0.95, 9.6, 2.25, (0.10, 1.0, 0.52), 14.0), (0.95, 12.6, 2.5, (0.10, 1.0, 0.52), 14.0),
        (-2.0, 16.0, 2.8, (1.0, 0.08, 0.04), 16.0), (0.05, 19.0, 3.3, (1.0, 0.42, 0.05), 16.0),
    ):  # fmt: skip
        kit.box("signal", (x, y + 0.10, z), (0.26, 0.16, 0.8), iron.material, bevel=0.02)
        kit.ball("signal light", (x, y, z), 0.095, kit.glow("signal", hue, gain))
    for y, x, z in (
        (7.0, -1.25, 2.2),
        (10.0, 1.35, 2.7),
        (14.5, -2.3, 3.4),
        (18.5, 2.1, 3.9),
        (25.0, -2.9, 4.6),
        (32.0, 2.6, 5.2),
    ):
        kit.ball("lantern", (x, y, z), 0.10 + 0.002 * y, kit.glow("lantern", (1.0, 0.66, 0.33), 32.0))
        kit.lathe("lantern post", [(0.05, 0), (0.03, z - 0.1)], iron.material, location=(x, y, 0))
    wire = kit.Nodes("festoon wire")
    wire.set(Base_Color=(0.01, 0.01, 0.01), Roughness=0.5)
    for k, (a, b, sag, count, hue) in enumerate((
        ((-0.95, 2.6, 1.50), (0.95, 3.4, 1.58), 0.13, 10, WARM),
        ((-1.5, 4.6, 1.80), (1.4, 5.4, 1.95), 0.20, 13, AMBER),
    )):  # fmt: skip
        garland(f"cafe festoon {k}", a, b, sag, count, kit.glow(f"cafe bulb {k}", hue, 26.0), wire.material, 0.016)
    brick = kit.Nodes("night houses")
    brick.set(
        Base_Color=brick.ramp(brick.noise(1.2, 6.0), (0.3, (0.035, 0.028, 0.028)), (0.8, (0.085, 0.062, 0.055))),
        Roughness=0.9,
    )
    for x, y, wide, tall in (
        (-6.4, 20.0, 5.0, 8.0),
        (6.2, 24.0, 5.4, 9.0),
        (-3.4, 42.0, 6.5, 10.0),
        (3.6, 44.0, 7.0, 8.0),
    ):
        kit.box("house", (x, y, tall / 2), (wide, 3.0, tall), brick.material)
        for z in np.arange(1.6, tall - 0.6, 1.35):
            for dx in np.arange(-wide / 2 + 0.6, wide / 2 - 0.4, 1.05):
                if rng.random() < 0.55:
                    hue = (1.0, rng.uniform(0.52, 0.8), rng.uniform(0.25, 0.55))
                    kit.box(
                        "lit", (x + dx, y - 1.53, z), (0.5, 0.05, 0.75), kit.glow("lit", hue, rng.uniform(0.15, 1.3))
                    )


def _road() -> None:
    """Lay wet setts, with a puddle here and there."""
    road = kit.Nodes("wet setts")
    setts = road.add("TexBrick", Vector=road.coords("Object", (1, 1, 1)), Scale=5.0, Mortar_Size=0.022)
    tone = road.ramp(road.noise(9.0, 6.0), (0.3, (0.014, 0.014, 0.015)), (0.7, (0.050, 0.046, 0.043)))
    for name, value in (("Color1", tone), ("Color2", (0.026, 0.025, 0.024)), ("Mortar", (0.006, 0.006, 0.006))):
        road.put(setts, name, value)
    puddle = road.add("MapRange", Value=road.noise(0.9, 3.0), From_Min=0.42, From_Max=0.60, To_Min=0.10, To_Max=0.36)
    relief = road.bump(setts.outputs["Fac"], 0.55, -0.006)
    uneven = road.add("Bump", Height=road.noise(14.0, 5.0), Strength=0.2, Distance=0.006, Normal=relief)
    road.set(Base_Color=setts.outputs["Color"], Roughness=puddle.outputs[0], Normal=uneven.outputs["Normal"])
    ground = [[-40, -3, 0], [40, -3, 0], [40, 80, 0], [-40, 80, 0]]
    kit.mesh("road", ground, [(0, 1, 2, 3)], road.material, smooth=False)


def build(seed: int = 5) -> None:
    """Put the table and the street into the scene."""
    rng = np.random.default_rng(seed)
    kit.sky([(0.0, (0.02, 0.02, 0.03)), (0.50, (0.10, 0.075, 0.085)), (0.56, (0.055, 0.060, 0.11)),
             (0.75, (0.022, 0.032, 0.075)), (1.0, (0.010, 0.016, 0.045))], 0.9)  # fmt: skip
    _road()
    _table()
    _cup()
    _spoon()
    _biscuits(rng)
    _candle()
    _traffic(rng)
    kit.lamp("cafe window", (-0.75, -0.15, 1.65), (0.05, 0.6, TOP), 0.55, 10.5, (1.0, 0.76, 0.52))
    kit.lamp("cafe door", (0.95, 0.35, 1.45), (0.0, 0.58, TOP), 0.35, 2.6, (1.0, 0.58, 0.30))
    kit.lamp("street rim", (0.35, 1.7, 1.5), (0.0, 0.56, TOP + 0.03), 0.5, 5.0, (0.70, 0.80, 1.0))
