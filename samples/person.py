"""The sitter: a head sculpted from signed distances, eyes, hair of real strands, a scarf and a coat."""

from __future__ import annotations

import numpy as np
import scene_kit as kit
from face import EYE, EYE_RADIUS, coat_field, head_field, scarf_field, skin_tint, smoothstep
from hair import build_hair
from sdf import surface


def build(place, turn: float, step: float, seed: int = 3):
    """Put the sitter with the head's origin at `place`, turned by `turn` radians; `step` = voxel size.

    Returns
    -------
    Object
        The empty that holds everything together.
    """
    rng = np.random.default_rng(seed)
    parts = []

    skin = kit.Nodes("skin", ("subject",))
    pores = skin.bump(skin.noise(900.0, 3.0), 0.10, 0.0008)
    mottle = skin.add("Mix", Factor=skin.noise(60.0))
    mottle.data_type = "RGBA"
    skin.tree.links.new(skin.attribute("tint"), mottle.inputs["A"])
    warm = skin.add("HueSaturation", Color=skin.attribute("tint"), Saturation=1.12, Value=0.93)
    skin.tree.links.new(warm.outputs["Color"], mottle.inputs["B"])
    skin.set(Base_Color=mottle.outputs["Result"], Roughness=0.46, Normal=pores, Subsurface_Weight=0.30)
    skin.set(Subsurface_Radius=(1.0, 0.36, 0.18), Subsurface_Scale=0.006, Specular_IOR_Level=0.42)
    points, faces = surface(head_field, (-0.10, -0.13, -0.235), (0.10, 0.125, 0.135), step)
    parts.append(kit.mesh("head", points, faces, skin.material, colour=skin_tint(points)))

    for side in (-1, 1):
        parts.append(_eye(side))

    wool = kit.Nodes("coat", ("subject",))
    cloth = wool.ramp(wool.noise(220.0, 6.0), (0.3, (0.012, 0.026, 0.038)), (0.75, (0.036, 0.070, 0.092)))
    wool.set(Base_Color=cloth, Roughness=0.9, Sheen_Weight=0.5, Normal=wool.bump(wool.noise(700.0), 0.5, 0.002))
    points, faces = surface(coat_field, (-0.32, -0.12, -0.66), (0.32, 0.20, -0.14), step * 2)
    parts.append(kit.mesh("coat", points, faces, wool.material))

    knit = kit.Nodes("scarf", ("subject",))
    ribs = knit.add("TexWave", Vector=knit.coords(), Scale=60.0, Distortion=3.0, Detail=2.0, Detail_Scale=3.0)
    yarn = knit.ramp(ribs.outputs["Fac"], (0.0, (0.30, 0.050, 0.030)), (1.0, (0.62, 0.150, 0.085)))
    knit.set(Base_Color=yarn, Roughness=0.85, Sheen_Weight=0.6)
    knit.set(Normal=knit.bump(ribs.outputs["Fac"], 0.7, 0.0022))
    points, faces = surface(scarf_field, (-0.16, -0.16, -0.47), (0.16, 0.16, -0.09), step * 1.5)
    parts.append(kit.mesh("scarf", points, faces, knit.material))

    parts += build_hair(rng)
    holder = kit.link(None, "sitter", place, (0.0, 0.0, turn))
    for part in parts:
        part.parent = holder
    return holder


def _eye(side: int):
    """One eyeball: white, iris and pupil by the angle from the direction of gaze, a wet coat over it."""
    gaze = np.array([-0.30, -1.0, 0.0])
    gaze /= np.linalg.norm(gaze)
    centre = EYE * [side, 1, 1]
    t = np.linspace(0, np.pi, 96)
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    side_axis = np.cross(gaze, [0, 0, 1.0])
    up = np.cross(side_axis, gaze)
    angle, around = np.meshgrid(t, turn, indexing="ij")
    ring = np.cos(around)[..., None] * side_axis + np.sin(around)[..., None] * up
    points = EYE_RADIUS * (np.cos(angle)[..., None] * gaze + np.sin(angle)[..., None] * ring).reshape(-1, 3)
    angle, around = angle.ravel(), around.ravel()
    white = np.array([0.78, 0.74, 0.71])
    streak = 0.75 + 0.25 * np.sin(37 * around) * np.sin(23 * around + 1)
    iris = np.array([0.10, 0.055, 0.022]) * streak[:, None] * (0.7 + 1.6 * smoothstep(angle, 0.2, 0.45))[:, None]
    tint = white + (iris - white) * (1 - smoothstep(angle, 0.475, 0.510))[:, None]
    tint *= (1 - 0.75 * np.exp(-(((angle - 0.487) / 0.035) ** 2)))[:, None]  # limbal ring
    tint *= smoothstep(angle, 0.185, 0.205)[:, None]
    i, j = np.meshgrid(np.arange(95), np.arange(96), indexing="ij")
    a, b = (i * 96 + j).ravel(), (i * 96 + (j + 1) % 96).ravel()
    faces = np.stack([a, b, b + 96, a + 96], -1)
    wet = kit.Nodes("eye", ("subject",))
    wet.set(Base_Color=wet.attribute("tint"), Roughness=0.25, Coat_Weight=1.0, Coat_Roughness=0.02)
    return kit.mesh("eye", points, faces, wet.material, colour=tint, location=tuple(centre))
