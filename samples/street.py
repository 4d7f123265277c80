"""An evening street behind the sitter: paving, a row of shops, bollards, trees, bulbs; leaves in front.

World coordinates: metres, the camera near (0, 0, 1.5) looking along +y, the pavement at z = 0.
"""

from __future__ import annotations

import numpy as np
import scene_kit as kit

WARM, AMBER, COOL = (1.0, 0.70, 0.38), (1.0, 0.52, 0.20), (0.55, 0.78, 1.0)


def bulbs(name: str, centres: np.ndarray, radius: float, material) -> None:
    """Link many small spheres as one mesh."""
    t, turn = np.linspace(0.02, np.pi - 0.02, 9), np.linspace(0, 2 * np.pi, 14, endpoint=False)
    a, b = np.meshgrid(t, turn, indexing="ij")
    unit = np.stack([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)], -1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(8), np.arange(14), indexing="ij")
    p, q = (i * 14 + j).ravel(), (i * 14 + (j + 1) % 14).ravel()
    faces = np.stack([p, q, q + 14, p + 14], -1)
    points = (centres[:, None] + radius * unit).reshape(-1, 3)
    faces = (np.arange(len(centres))[:, None, None] * len(unit) + faces).reshape(-1, 4)
    kit.mesh(name, points, faces, material)


def garland(name: str, a, b, sag: float, count: int, material, wire, radius: float = 0.019) -> None:
    """Hang a cable with bulbs from a to b."""
    t = np.linspace(0, 1, 60)[:, None]
    path = np.asarray(a) * (1 - t) + np.asarray(b) * t - np.array([0, 0, sag]) * (4 * t * (1 - t))
    kit.tube(f"{name} cable", path, 0.004, wire, steps=6)
    at = np.linspace(1, 58, count).round().astype(int)
    bulbs(name, path[at] - [0, 0, 0.035], radius, material)
    for k in at:
        kit.tube(f"{name} socket", path[k] - [[0, 0, 0], [0, 0, 0.024]], 0.010, wire, steps=8)


def _pavement() -> None:
    stone = kit.Nodes("paving")
    bricks = stone.add("TexBrick", Vector=stone.coords("Object", (1, 1, 1)), Scale=2.6, Mortar_Size=0.012)
    grain = stone.ramp(stone.noise(7.0, 8.0), (0.25, (0.055, 0.050, 0.048)), (0.8, (0.17, 0.155, 0.145)))
    for name, value in (("Color1", grain), ("Color2", (0.105, 0.095, 0.090)), ("Mortar", (0.02, 0.019, 0.018))):
        stone.put(bricks, name, value)
    damp = stone.add("MapRange", Value=stone.noise(1.7, 3.0), From_Min=0.42, From_Max=0.62, To_Min=0.16, To_Max=0.60)
    stone.set(Base_Color=bricks.outputs["Color"], Roughness=damp.outputs[0])
    stone.set(Normal=stone.bump(bricks.outputs["Fac"], 0.25, -0.004))
    ground = [[-30, -2, 0], [30, -2, 0], [30, 60, 0], [-30, 60, 0]]
    kit.mesh("pavement", ground, [(0, 1, 2, 3)], stone.material, smooth=False)


def _shops() -> None:
    """Build a row of shop fronts along the right side, seen in steep perspective."""
    brick = kit.Nodes("facade")
    wall = brick.add("TexBrick", Vector=brick.coords("Object", (1, 1, 1)), Scale=5.5, Mortar_Size=0.014)
    wall.inputs["Vector"].links[0].from_node.inputs["Rotation"].default_value = (0, np.pi / 2, np.pi / 2)
    clay = brick.ramp(brick.noise(3.0, 6.0), (0.3, (0.19, 0.085, 0.055)), (0.7, (0.31, 0.155, 0.10)))
    for name, value in (("Color1", clay), ("Color2", (0.24, 0.11, 0.07)), ("Mortar", (0.30, 0.27, 0.23))):
        brick.put(wall, name, value)
    brick.set(Base_Color=wall.outputs["Color"], Roughness=0.85, Normal=brick.bump(wall.outputs["Fac"], 0.5, -0.004))
    kit.box("facade", (1.95, 11.0, 2.6), (2.0, 16.0, 5.2), brick.material)

    wood = kit.Nodes("frames")
    wood.set(Base_Color=(0.020, 0.050, 0.045), Roughness=0.4)
    stone = kit.Nodes("sills")
    stone.set(Base_Color=(0.42, 0.38, 0.33), Roughness=0.8, Normal=stone.bump(stone.noise(90.0), 0.3, 0.003))
    cloth = kit.Nodes("awnings")
    stripes = cloth.add("TexWave", Vector=cloth.coords(), Scale=1.55)
    stripes.bands_direction = "Y"
    cloth.set(Base_Color=cloth.ramp(stripes.outputs["Fac"], (0.48, (0.42, 0.045, 0.035)), (0.52, (0.70, 0.64, 0.54))))
    cloth.set(Roughness=0.9)
    for k, (y, hue) in enumerate(((4.6, WARM), (7.4, AMBER), (10.2, WARM), (13.0, (1.0, 0.62, 0.45)))):
        shelf = kit.Nodes(f"shop {k}")
        goods = shelf.add(
            "TexBrick", Vector=shelf.coords("Object"), Scale=1.0, Mortar_Size=0.018, Brick_Width=0.26, Row_Height=0.34
        )
        goods.inputs["Vector"].links[0].from_node.inputs["Rotation"].default_value = (0, np.pi / 2, np.pi / 2)
        mixed = shelf.ramp(
            shelf.noise(5.5, 2.0), (0.35, (0.9, 0.50, 0.16)), (0.5, (0.95, 0.82, 0.55)), (0.65, (0.55, 0.22, 0.10))
        )
        for name, value in (
            ("Color1", mixed),
            ("Color2", tuple(0.75 * c for c in hue)),
            ("Mortar", (0.16, 0.07, 0.03)),
        ):
            shelf.put(goods, name, value)
        shelf.set(Base_Color=(0, 0, 0), Emission_Color=goods.outputs["Color"], Emission_Strength=1.15)
        shelf.material.cycles.emission_sampling = "NONE"
        kit.box(f"window {k}", (0.955, y, 1.45), (0.03, 2.0, 1.7), shelf.material)
        for dy in (-1.02, -0.34, 0.34, 1.02):
            kit.box("mullion", (0.925, y + dy, 1.45), (0.06, 0.06, 1.78), wood.material, bevel=0.006)
        for z in (0.58, 1.85, 2.33):
            kit.box("rail", (0.925, y, z), (0.07, 2.1, 0.06), wood.material, bevel=0.006)
        kit.box("sill", (0.90, y, 0.48), (0.16, 2.25, 0.10), stone.material, bevel=0.01)
        kit.box("awning", (0.66, y, 2.50), (0.70, 2.25, 0.03), cloth.material, rotation=(0, 0.38, 0))
        lamps = np.array([[0.80, y + dy, 2.17] for dy in (-0.68, 0.0, 0.68)])
        bulbs("window lamps", lamps, 0.035, kit.glow("window lamp", hue, 22.0))
        kit.lamp("window light", (0.85, y, 1.6), (-1.0, y, 0.8), 1.4, 38, hue)


def _trees(rng: np.random.Generator) -> None:
    bark = kit.Nodes("bark")
    bark.set(
        Base_Color=(0.055, 0.038, 0.026), Roughness=0.9, Normal=bark.bump(bark.noise(40.0, 6.0, (1, 1, 0.2)), 0.8, 0.01)
    )
    green = kit.foliage("tree leaves")
    fairy = kit.glow("fairy lights", (1.0, 0.66, 0.30), 60.0)
    for x, y, tall, wide, count in (
        (-1.35, 6.6, 3.05, 0.85, 2600),
        (-1.75, 10.4, 3.3, 1.15, 3000),
        (-2.2, 15.0, 3.6, 1.5, 3000),
    ):
        lean = np.array([[0, 0, 0], [0.03, 0, 0.9], [-0.02, 0.05, 1.7], [0.06, 0, tall]])
        kit.tube("trunk", lean + [x, y, 0], [0.10, 0.075, 0.06, 0.02], bark.material)
        spots = rng.normal(size=(14, 3)) * [wide * 0.45, wide * 0.45, wide * 0.36]
        for spot in spots[:9]:
            crown = np.array([x, y, tall])
            path = [lean[2] + [x, y, 0], (lean[2] + [x, y, 0] + crown + spot) / 2 + [0, 0, 0.1], crown + spot]
            kit.tube("branch", np.array(path), [0.035, 0.022, 0.008], bark.material)
        where = spots[rng.integers(14, size=count)] + rng.normal(size=(count, 3)) * wide * 0.20
        tints = [(0.10, 0.13, 0.022), (0.20, 0.15, 0.020), (0.06, 0.10, 0.020), (0.30, 0.14, 0.020)]
        kit.leaves("tree", where + [x, y, tall], 0.10, green, rng, tints)
        bulbs("fairy", where[rng.choice(count, 34)] + [x, y - 0.08, tall], 0.0125, fairy)
    hedge = rng.uniform([-2.6, 5.2, 0.42], [-1.15, 13.0, 1.02], (9000, 3))
    kit.leaves("hedge", hedge, 0.055, green, rng, [(0.035, 0.075, 0.020), (0.055, 0.10, 0.026), (0.028, 0.055, 0.016)])
    trough = kit.Nodes("trough")
    trough.set(Base_Color=(0.26, 0.23, 0.20), Roughness=0.8, Normal=trough.bump(trough.noise(60.0), 0.4, 0.004))
    kit.box("trough", (-1.88, 9.1, 0.22), (1.52, 7.9, 0.44), trough.material, bevel=0.015)


def _furniture() -> None:
    iron = kit.Nodes("iron")
    iron.set(Base_Color=(0.018, 0.020, 0.022), Metallic=0.6, Roughness=0.38)
    band = kit.Nodes("band")
    band.set(Base_Color=(0.75, 0.70, 0.58), Roughness=0.5)
    profile = [(0, 0), (0.075, 0), (0.075, 0.09), (0.058, 0.12), (0.055, 0.86), (0.063, 0.87), (0.063, 0.90)]
    profile += [(0.055, 0.91), (0.050, 0.95), (0.032, 0.985), (0, 1.0)]
    for x, y in ((0.56, 3.05), (0.735, 4.25), (0.80, 5.6), (-1.02, 5.3), (-1.05, 7.4)):
        kit.lathe("bollard", profile, iron.material, location=(x, y, 0))
        kit.lathe("bollard band", [(0.0585, 0.66), (0.0585, 0.74)], band.material, location=(x, y, 0))
    globe = kit.glow("street lamp", (1.0, 0.76, 0.48), 24.0)
    for x, y, tall in ((-0.98, 8.9, 2.75), (0.42, 17.5, 3.3), (-1.25, 13.2, 2.9), (-0.35, 21.0, 3.3)):
        kit.lathe("post", [(0.09, 0), (0.07, 0.3), (0.035, 0.5), (0.03, tall)], iron.material, location=(x, y, 0))
        kit.ball("globe", (x, y, tall + 0.09), 0.085, globe)
        kit.lathe(
            "cap", [(0.09, tall + 0.15), (0.05, tall + 0.20), (0.0, tall + 0.24)], iron.material, location=(x, y, 0)
        )


def _far(rng: np.random.Generator) -> None:
    """Build the end of the street: gables, lit windows, tail lights."""
    for k, (x, wide, tall) in enumerate(((-4.2, 4.2, 5.2), (-0.6, 3.0, 4.3), (2.6, 3.4, 6.5))):
        house = kit.Nodes(f"house {k}")
        tone = (0.10 + 0.03 * k, 0.085, 0.085)
        house.set(
            Base_Color=house.ramp(house.noise(1.5, 6.0), (0.3, tone), (0.8, tuple(1.5 * c for c in tone))),
            Roughness=0.9,
        )
        kit.box("house", (x, 30.0, tall / 2), (wide, 2.0, tall), house.material)
        for z in np.arange(1.2, tall - 0.5, 1.05):
            for dx in np.arange(-wide / 2 + 0.45, wide / 2 - 0.3, 0.72):
                if rng.random() < 0.62:
                    hue = (1.0, rng.uniform(0.5, 0.75), rng.uniform(0.2, 0.42))
                    kit.box("lit", (x + dx, 28.98, z), (0.34, 0.05, 0.52), kit.glow("lit", hue, rng.uniform(0.8, 4.0)))
    tail = np.array([[-0.62, 19.0, 0.62], [-0.12, 19.0, 0.62], [-1.3, 24.0, 0.62], [-0.8, 24.0, 0.62]])
    bulbs("tail", tail, 0.05, kit.glow("tail", (1.0, 0.06, 0.03), 25.0))
    sign = kit.glow("signs", COOL, 9.0)
    for y, z in ((6.0, 2.75), (11.6, 2.9)):
        kit.ball("sign", (0.68, y, z), 0.06, sign)


def _near_leaves(rng: np.random.Generator) -> None:
    """Twigs with autumn leaves in two corners, an arm's length from the camera."""
    gold = kit.foliage("near leaves", ("front",))
    bark = kit.Nodes("twig", ("front",))
    bark.set(Base_Color=(0.09, 0.055, 0.035), Roughness=0.8)
    tints = [(0.55, 0.20, 0.025), (0.48, 0.29, 0.035), (0.40, 0.10, 0.020), (0.32, 0.27, 0.040)]
    for start, end, count in (
        ((0.22, 0.74, 1.74), (0.085, 0.66, 1.645), 22),
        ((-0.23, 0.66, 1.27), (-0.088, 0.72, 1.352), 24),
    ):
        t = np.linspace(0, 1, 24)[:, None]
        path = np.asarray(start) * (1 - t) + np.asarray(end) * t + [0, 0, 0.012] * np.sin(5 * t)
        kit.tube("near twig", path, np.linspace(0.0028, 0.0009, 24), bark.material, steps=8)
        spots = path[rng.integers(3, 24, count)] + rng.normal(size=(count, 3)) * [0.018, 0.018, 0.016]
        kit.leaves("near", spots, 0.045, gold, rng, tints)


def build(seed: int = 11) -> None:
    """Put the whole street and its light into the scene."""
    rng = np.random.default_rng(seed)
    kit.sky([(0.0, (0.10, 0.09, 0.09)), (0.49, (0.30, 0.16, 0.10)), (0.515, (1.0, 0.47, 0.20)),
             (0.57, (0.75, 0.38, 0.30)), (0.66, (0.30, 0.27, 0.42)), (1.0, (0.09, 0.15, 0.34))], 0.75)  # fmt: skip
    _pavement()
    _shops()
    _trees(rng)
    _furniture()
    _far(rng)
    _near_leaves(rng)
    wire = kit.Nodes("wire")
    wire.set(Base_Color=(0.01, 0.01, 0.01), Roughness=0.5)
    bulb = kit.glow("festoon", WARM, 30.0)
    for k, (a, b, sag, count) in enumerate((
        ((-0.75, 3.2, 2.28), (0.9, 5.2, 2.75), 0.22, 8),
        ((0.9, 5.2, 2.75), (-1.1, 7.8, 3.0), 0.30, 11),
        ((-1.1, 7.8, 3.0), (0.9, 10.6, 3.2), 0.35, 13),
        ((0.9, 10.6, 3.2), (-1.6, 14.0, 3.6), 0.35, 14),
    )):  # fmt: skip
        garland(f"festoon {k}", a, b, sag, count, bulb, wire.material)
