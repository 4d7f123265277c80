"""Render the truth set: pinhole pictures with depth and mattes, and what a thin lens makes of the same scenes.

`PYTHONPATH=samples python benchmarks/truth/make.py [--out FOLDER] [--spp 128] [scene ...]` with Blender's module
(samples/README.md). All surfaces only emit, nothing bounces: radiance does not depend on direction, so the only effect
of the lens is which points its rays see. Per scene: <scene>_pin.exr, <scene>_gt_<config>.exr, <scene>.json, and for
the oracle <scene>_sheets.exr: what stands behind, the subject and what stands before it, each as if alone.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import bpy
import numpy as np

HERE = Path(__file__).parent
WIDTH, HEIGHT, SENSOR = 640, 427, 36.0
SHEETS = ("back", "subject", "front")
VIEW = 48  # samples across the pupil in what a lamp sees
FORMULA = (
    "coc_diam_px = (focal_mm/f_number) * |z-focus|/z * (focal_m/(focus-focal_m)) * width/sensor_width_mm"
    " ; equals coc_px_per_dioptre*|1/focus-1/z|"
)


def flatten(setting) -> None:
    """Turn every material into one that only emits: its colour times a light that is part of the paint."""
    for material in bpy.data.materials:
        if not material.use_nodes:
            continue
        tree = material.node_tree
        principled = tree.nodes.get("Principled BSDF")
        if principled is None:
            continue
        hair = [n for n in tree.nodes if n.bl_idname == "ShaderNodeBsdfHairPrincipled"]
        thin = any(n.bl_idname == "ShaderNodeBsdfTranslucent" for n in tree.nodes)

        def add(kind: str, operation: str | None = None, tree=tree):
            node = tree.nodes.new("ShaderNode" + kind)
            if operation:
                node.operation = operation
            return node

        def math_(operation: str, a, b, tree=tree, add=add):
            node = add("Math", operation)
            for socket, value in zip(node.inputs, (a, b), strict=False):
                if isinstance(value, bpy.types.NodeSocket):
                    tree.links.new(value, socket)
                elif value is not None:
                    socket.default_value = value
            return node.outputs[0]

        geometry, dot = add("NewGeometry"), add("VectorMath", "DOT_PRODUCT")
        tree.links.new(geometry.outputs["Tangent" if hair else "Normal"], dot.inputs[0])
        dot.inputs[1].default_value = np.asarray(setting.key) / np.linalg.norm(setting.key)
        facing = dot.outputs["Value"]
        if hair:  # a strand is as bright as the sine of its angle to the light
            front = math_("SQRT", math_("SUBTRACT", 1.0, math_("MULTIPLY", facing, facing)), None)
        elif thin:
            front = math_("ABSOLUTE", facing, None)
        else:
            back = math_("MULTIPLY", math_("MAXIMUM", math_("MULTIPLY", facing, -1.0), 0.0), 0.3)
            front = math_("ADD", math_("MAXIMUM", facing, 0.0), back)
        shade = math_("ADD", math_("MULTIPLY", front, setting.key_strength * 2.0), setting.ambient * 2.0)

        paint = hair[0].inputs["Color"] if hair else principled.inputs["Base Color"]
        lit = add("VectorMath", "SCALE")
        _feed(tree, paint, lit.inputs[0], gain=1.6 if hair else 1.0)
        tree.links.new(shade, lit.inputs["Scale"])
        glow = add("VectorMath", "SCALE")
        _feed(tree, principled.inputs["Emission Color"], glow.inputs[0])
        glow.inputs["Scale"].default_value = principled.inputs["Emission Strength"].default_value
        both = add("VectorMath", "ADD")
        tree.links.new(lit.outputs[0], both.inputs[0])
        tree.links.new(glow.outputs[0], both.inputs[1])
        emission = add("Emission")
        tree.links.new(both.outputs[0], emission.inputs["Color"])
        tree.links.new(emission.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
        material.cycles.emission_sampling = "NONE"
    for thing in [o for o in bpy.data.objects if o.type == "LIGHT"]:
        bpy.data.objects.remove(thing)
    bpy.context.scene.world = bpy.data.worlds.new("dark")
    bpy.context.scene.world.use_nodes = True
    bpy.context.scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.0


def _feed(tree, source, target, gain: float = 1.0) -> None:
    """Give a vector input what feeds a colour input: its link, else its value."""
    if source.links:
        tree.links.new(source.links[0].from_socket, target)
    else:
        target.default_value = [gain * c for c in source.default_value[:3]]


def prepare(kit, setting, lamps):
    """Camera, lamps as black balls, render settings; returns the camera and its matrix (world to camera)."""
    data = bpy.data.cameras.new("camera")
    data.sensor_fit, data.sensor_width, data.lens = "HORIZONTAL", SENSOR, setting.focal_mm
    data.clip_start, data.clip_end = 0.02, 200.0
    camera = kit.link(data, "camera", (0, 0, setting.height_m), (math.radians(90 + setting.pitch_deg), 0, 0))
    scene = bpy.context.scene
    scene.camera = camera
    bpy.context.view_layer.update()
    black = kit.glow("lamp", (0, 0, 0), 0.0)
    marker = black.node_tree.nodes.new("ShaderNodeOutputAOV")
    marker.aov_name, marker.inputs["Value"].default_value = "lamp", 1.0
    for lamp in lamps:
        kit.ball("lamp", lamp.place, lamp.radius, black, steps=20)
    scene.render.engine = "CYCLES"
    scene.render.use_persistent_data = True
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = WIDTH, HEIGHT, 100
    scene.view_settings.view_transform = "Raw"
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.image_settings.color_depth = "32"
    layer = scene.view_layers[0]
    layer.use_pass_z = True
    for name in ("subject", "front", "lamp", "pupil"):
        aov = layer.aovs.add()
        aov.name, aov.type = name, "VALUE"
    cycles = scene.cycles
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.max_bounces, cycles.pixel_filter_type = 0, "BOX"
    scene.cycles_curves.shape = "RIBBONS"
    return camera, np.array(camera.matrix_world.inverted())


def role(thing) -> str:
    """Tell which of the three sheets an object belongs to, by the mattes of its materials."""
    for slot in thing.material_slots:
        for node in slot.material.node_tree.nodes if slot.material and slot.material.use_nodes else ():
            if node.bl_idname == "ShaderNodeOutputAOV" and node.aov_name in SHEETS[1:]:
                return node.aov_name
    return SHEETS[0]


def show(*roles: str) -> None:
    """Hide every object from the camera but those of the roles."""
    for thing in bpy.data.objects:
        thing.hide_render = thing.type != "CAMERA" and role(thing) not in roles


def shoot(kit, out: Path, spp: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Render once and return the channels by short name."""
    cycles = bpy.context.scene.cycles
    cycles.samples, cycles.seed = spp, seed
    channels = kit._still(out / "tmp.exr")
    names = {"R": "Combined.R", "G": "Combined.G", "B": "Combined.B", "A": "Combined.A", "Z": "Depth."}
    found = {short: kit._channel(channels, part) for short, part in names.items()}
    return found | {name: kit._channel(channels, f"{name}.") for name in ("subject", "front", "lamp", "pupil")}


def centre_depth(kit, out: Path) -> np.ndarray:
    """Depth by one ray through the middle of each pixel: an averaged depth belongs to no surface."""
    cycles = bpy.context.scene.cycles
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    depth = shoot(kit, out, 1)["Z"]
    cycles.pixel_filter_type = "BOX"
    return depth


def sheets(kit, camera, seen, size_m, f_px, out: Path, spp: int, cover: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Render each sheet as if alone: premultiplied colour, coverage A and depth Z, where the photo cannot tell it."""
    found: dict[str, np.ndarray] = {}
    world = bpy.context.scene.render
    world.film_transparent = True
    hides = np.maximum(cover["subject"], cover["front"]) > 0
    for sheet in SHEETS:
        show(sheet)
        depth, pin = centre_depth(kit, out), shoot(kit, out, max(1, spp // 2))
        rgb = np.stack([pin[c] for c in "RGB"], -1).astype(np.float64)
        wanted = pin["A"] > 0
        if sheet == "back":
            # Beside what hides it the photo shows it; two pixels more, for what is interpolated.
            around = np.pad(hides, 2)
            wanted = np.logical_or.reduce([around[y : y + HEIGHT, x : x + WIDTH] for y in range(5) for x in range(5)])
            _add_lamps(rgb, seen, views(kit, camera, [(lamp, pc) for lamp, pc, _ in seen], size_m, out), f_px)
        found[f"{sheet}.RGB"] = np.where(wanted[..., None], rgb, 0.0)
        found[f"{sheet}.A"] = np.where(wanted, pin["A"].clip(0, 1), 0.0).astype(np.float16)
        found[f"{sheet}.Z"] = shorter_depth(np.where(wanted, depth, 0.0))
    show(*SHEETS)
    world.film_transparent = False
    return found


def _add_lamps(rgb: np.ndarray, seen, view, f_px: float) -> None:
    """Add what a pinhole sees of the lamps: each whole disc, dimmed by what covers the middle of the pupil."""
    import lights

    for (lamp, (_, _, z), place), look in zip(seen, view, strict=True):
        lights.add_light(rgb, place, f_px * lamp.radius / z, lamp.radiance, 0.0, look, 0, 0.0)


def views(kit, camera, seen, size_m: float, out: Path) -> list[np.ndarray]:
    """Return what part of the pupil's square (half side `size_m`) each lamp sees: arrays (VIEW, VIEW), row 0 up."""
    scene = bpy.context.scene
    nodes = kit.Nodes("pupil", ("pupil",))
    half = 1.3 * size_m
    corners = np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]])
    plate = kit.mesh("pupil", corners, [(0, 1, 2, 3)], nodes.material, smooth=False)
    plate.matrix_world = camera.matrix_world.copy()
    data = bpy.data.cameras.new("back")
    back = kit.link(data, "back")
    data.sensor_fit, data.sensor_width = "HORIZONTAL", 36.0
    data.clip_end = 200.0
    scene.camera = back
    scene.render.resolution_x = scene.render.resolution_y = VIEW
    import mathutils

    turn = mathutils.Matrix.Rotation(math.pi, 4, "Y")
    result = []
    for lamp, (x, y, z) in seen:
        back.matrix_world = mathutils.Matrix.Translation(lamp.place) @ camera.matrix_world.to_3x3().to_4x4() @ turn
        data.lens = 36.0 * z / (2 * size_m)
        data.shift_x, data.shift_y = x / (2 * size_m), -y / (2 * size_m)
        data.clip_start = lamp.radius * 1.1
        picture = shoot(kit, out, 16)["pupil"]
        # The lamp looks the other way: its right is the camera's left.
        result.append(np.clip(picture[:, ::-1], 0, 1))
    bpy.data.objects.remove(plate)
    bpy.data.objects.remove(back)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    return result


def srgb(x: np.ndarray) -> np.ndarray:
    """Code values of linear light, clipped at 1."""
    x = np.clip(x, 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055)


def shorter(x: np.ndarray, dropped: int = 3) -> np.ndarray:
    """Half floats with some bits of mantissa dropped: finer than the noise, and a quarter smaller on disk."""
    bits = np.clip(x, 0, 60000).astype(np.float16).view(np.uint16)
    return ((bits + (1 << dropped >> 1)) & np.uint16(0xFFFF << dropped & 0xFFFF)).view(np.float16)


def shorter_depth(z: np.ndarray) -> np.ndarray:
    """Floats rounded to 14 bits of mantissa: a blur radius of 60 px to 1/250 of a pixel."""
    bits = np.minimum(z, 1e4).astype(np.float32).view(np.uint32)
    return ((bits + 256) & np.uint32(0xFFFFFE00)).view(np.float32)


def write_exr(path: Path, channels: dict[str, np.ndarray]) -> None:
    """Write with PIZ, which packs grain best."""
    import OpenEXR

    OpenEXR.File({"compression": OpenEXR.PIZ_COMPRESSION, "type": OpenEXR.scanlineimage}, channels).write(str(path))


def make(name: str, scenes, kit, out: Path, spp: int) -> None:
    """Build and render one scene and write its files."""
    import lights

    start = time.time()
    kit.reset()
    setting = scenes.SCENES[name]()
    flatten(setting)
    f_px = setting.focal_mm / SENSOR * WIDTH
    f_m = setting.focal_mm / 1000

    to_camera = None
    camera, to_camera = prepare(kit, setting, setting.lamps)
    show(*SHEETS)
    seen = []  # lamps in front of the camera, in or near the frame: (lamp, camera coordinates with z ahead)
    for lamp in setting.lamps:
        x, y, z = (to_camera @ [*lamp.place, 1.0])[:3]
        px, py = WIDTH / 2 + f_px * x / -z, HEIGHT / 2 - f_px * y / -z
        if z < 0 and -90 < px < WIDTH + 90 and -90 < py < HEIGHT + 90:
            seen.append((lamp, (x, y, -z), (px, py)))

    depth = centre_depth(kit, out)
    pin = shoot(kit, out, spp)
    rgb = np.stack([pin[c] for c in "RGB"], -1).astype(np.float64)
    print(name, "pinhole", round(time.time() - start), "s", flush=True)

    radii = {c.name: f_m / c.f_number / 2 * c.focus_m / (c.focus_m - f_m) for c in setting.configs}
    size_m = max(radii.values())
    view = views(kit, camera, [(lamp, pc) for lamp, pc, _ in seen], size_m, out)
    _add_lamps(rgb, seen, view, f_px)
    print(name, "lamps", len(seen), round(time.time() - start), "s", flush=True)

    z = shorter_depth(depth)
    pinhole = {"RGB": shorter(rgb * setting.exposure), "Z": z}
    pinhole |= {m: pin[m].clip(0, 1).astype(np.float16) for m in ("subject", "front")}
    write_exr(out / f"{name}_pin.exr", pinhole)
    hidden = sheets(kit, camera, seen, size_m, f_px, out, spp, {m: pin[m] for m in SHEETS[1:]})
    for sheet in SHEETS:
        hidden[f"{sheet}.RGB"] = shorter(hidden[f"{sheet}.RGB"] * setting.exposure, 5)
        hidden[f"{sheet}.A"] = shorter(hidden[f"{sheet}.A"], 5)
    write_exr(out / f"{name}_sheets.exr", hidden)
    print(name, "sheets", round(time.time() - start), "s", flush=True)
    described = []
    for config in setting.configs:
        camera.data.dof.use_dof = True
        camera.data.dof.focus_distance = config.focus_m
        # Blender's lens keeps its angle of view when it focuses; a real one of focal length f has its
        # sensor farther back, so the same cone of light is a slightly faster f-number there.
        fstop = config.f_number * (config.focus_m - f_m) / config.focus_m
        camera.data.dof.aperture_fstop = fstop
        camera.data.dof.aperture_blades = config.blades
        camera.data.dof.aperture_rotation = math.radians(config.rotation_deg)
        shots = []
        for seed in (1, 2):
            shot = shoot(kit, out, spp, seed)
            shots.append(np.stack([shot[c] for c in "RGB"], -1).astype(np.float64))
        mean = (shots[0] + shots[1]) / 2
        per_dioptre = 2 * radii[config.name] * f_px
        for (lamp, (_, _, zl), place), look in zip(seen, view, strict=True):
            radius = per_dioptre / 2 * (1 / config.focus_m - 1 / zl)
            pupil = _narrowed(look, radii[config.name] / size_m)
            size_px = f_px * lamp.radius / zl
            lights.add_light(mean, place, size_px, lamp.radiance, radius, pupil, config.blades, config.rotation_deg)
        write_exr(out / f"{name}_gt_{config.name}.exr", {"RGB": shorter(mean * setting.exposure)})
        coc = per_dioptre * np.abs(1 / config.focus_m - 1 / z)
        between = 10 * np.log10(1 / max(float(((srgb(shots[0]) - srgb(shots[1])) ** 2).mean()), 1e-12))
        largest = float(coc.max() / 2)
        described.append({
            "name": config.name,
            "f_number": config.f_number,
            "focus_m": config.focus_m,
            "blades": config.blades,
            "rotation_deg": config.rotation_deg,
            "blender_fstop": fstop,
            "aperture_diam_mm": setting.focal_mm / config.f_number,
            "blender_aperture_diam_mm": setting.focal_mm / fstop,
            "coc_px_per_dioptre": per_dioptre,
            "max_coc_radius_px": largest,
            "margin_px": min(64, math.ceil(largest) + 1),
            "noise_psnr_between_seeds_db": between,
            "noise_psnr_of_mean_db_est": between + 6.02,
            "spp_total": 2 * spp,
            "formula": FORMULA,
        })  # fmt: skip
        print(
            name,
            config.name,
            f"noise {between:.1f} dB",
            f"radius {largest:.0f} px",
            round(time.time() - start),
            "s",
            flush=True,
        )
    camera.data.dof.use_dof = False
    facts = {
        "scene": name,
        "width": WIDTH,
        "height": HEIGHT,
        "sensor_width_mm": SENSOR,
        "focal_mm": setting.focal_mm,
        "f_px": f_px,
        "camera": {"height_m": setting.height_m, "pitch_deg": setting.pitch_deg},
        "lights": [
            {"p": lamp.place, "r": lamp.radius, "L": lamp.radiance, "pc": [pc[0], pc[1], -pc[2]]}
            for lamp, pc, _ in seen
        ],
        "configs": described,
    }
    (out / f"{name}.json").write_text(json.dumps(facts, indent=1))
    (out / "tmp.exr").unlink(missing_ok=True)


def _narrowed(view: np.ndarray, part: float) -> np.ndarray:
    """Cut out the middle `part` of a view over the pupil, as the view of a narrower pupil."""
    from lights import look_up

    if part > 0.999:
        return view
    g = (np.arange(VIEW) + 0.5) / VIEW * 2 - 1
    u, v = np.meshgrid(g * part, -g * part)
    return look_up(view, u, v)


def main() -> None:
    """Parse the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="*", help="all when left out")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--spp", type=int, default=128, help="paths per pixel of each of two seeds")
    given = parser.parse_args()
    import scene_kit
    import scenes

    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.scene or scenes.SCENES:
        make(name, scenes, scene_kit, given.out.resolve(), given.spp)


if __name__ == "__main__":
    main()
