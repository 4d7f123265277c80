"""Small helpers over Blender's Python module: meshes, strands, materials, and the passes a sample needs.

Everything that talks to Cycles in general is here; what stands in the pictures is in `person.py`,
`street.py` and `still_life.py`. Lengths are metres, the camera looks along +y, z is up.
"""

from __future__ import annotations

import math
from pathlib import Path

import bpy  # pyright: ignore[reportMissingImports]
import numpy as np

# Mattes come out of the same render as the colour, as shader outputs: they are filtered like it.
MATTES = ("subject", "hair", "front")


def reset() -> None:
    """Empty the file: no default cube, light or camera."""
    bpy.ops.wm.read_factory_settings(use_empty=True)


def link(data, name: str, location=(0.0, 0.0, 0.0), rotation=(0.0, 0.0, 0.0)):
    """Put an object that holds `data` into the scene and return it."""
    thing = bpy.data.objects.new(name, data)
    thing.location, thing.rotation_euler = location, rotation
    bpy.context.scene.collection.objects.link(thing)
    return thing


def mesh(name: str, points, faces, material, *, smooth: bool = True, colour=None, location=(0, 0, 0)):
    """Link a mesh.

    Parameters
    ----------
    points : float (n, 3)
        Corners in metres.
    faces : int (m, k) or list of index tuples
        Corner numbers of each face.
    colour : float (n, 3), optional
        Linear colour per corner, read in a material through `Nodes.attribute("tint")`.
    """
    data = bpy.data.meshes.new(name)
    data.from_pydata(np.asarray(points).tolist(), [], np.asarray(faces).tolist() if len(faces) else [])
    if colour is not None:
        layer = data.color_attributes.new("tint", "FLOAT_COLOR", "POINT")
        layer.data.foreach_set("color", np.c_[colour, np.ones(len(colour))].astype(np.float32).ravel())
    data.polygons.foreach_set("use_smooth", [smooth] * len(data.polygons))
    data.materials.append(material)
    data.update()
    return link(data, name, location)


def strands(name: str, points: np.ndarray, radius: np.ndarray, material):
    """Link hair curves: points (n, k, 3) in metres, radius (n, k) in metres."""
    data = bpy.data.hair_curves.new(name)
    n, k = points.shape[:2]
    data.add_curves([k] * n)
    data.attributes["position"].data.foreach_set("vector", np.asarray(points, np.float32).ravel())
    widths = data.attributes.get("radius") or data.attributes.new("radius", "FLOAT", "POINT")
    widths.data.foreach_set("value", np.asarray(radius, np.float32).ravel())
    data.materials.append(material)
    return link(data, name)


def box(name: str, centre, size, material, *, bevel: float = 0.0, rotation=(0, 0, 0)):
    """Link a box given its centre and full size; `bevel` rounds its edges."""
    half = np.asarray(size, float) / 2
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    thing = mesh(name, corners, faces, material, smooth=False, location=tuple(centre))
    thing.rotation_euler = rotation
    if bevel:
        rounding = thing.modifiers.new("bevel", "BEVEL")
        rounding.width, rounding.segments = bevel, 3
    return thing


def lathe(name: str, profile, material, *, location=(0, 0, 0), steps: int = 48):
    """Link a body of revolution about z; `profile` lists (radius, height) from bottom to top."""
    profile = np.asarray(profile, float)
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], -1)
    points = np.concatenate([np.c_[ring * r, np.full(steps, h)] for r, h in profile])
    i, j = np.meshgrid(np.arange(len(profile) - 1), np.arange(steps), indexing="ij")
    a, b = (i * steps + j).ravel(), (i * steps + (j + 1) % steps).ravel()
    faces = np.stack([a, b, b + steps, a + steps], -1)
    return mesh(name, points, faces, material, location=location)


def ball(name: str, centre, radius: float, material, *, steps: int = 24):
    """Link a sphere."""
    t = np.linspace(-np.pi / 2, np.pi / 2, max(steps // 2, 6))
    profile = np.c_[np.maximum(np.cos(t), 1e-4), np.sin(t)] * radius
    return lathe(name, profile, material, location=tuple(centre), steps=steps)


def tube(name: str, path: np.ndarray, radius, material, *, steps: int = 10):
    """Link a tube along `path` (n, 3); `radius` is a number or one per point."""
    path = np.asarray(path, float)
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, [0.3, 0.2, 1.0])
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    up = np.cross(along, side)
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    r = np.broadcast_to(np.asarray(radius, float), len(path))[:, None, None]
    points = path[:, None] + r * (np.cos(turn)[:, None] * side[:, None] + np.sin(turn)[:, None] * up[:, None])
    i, j = np.meshgrid(np.arange(len(path) - 1), np.arange(steps), indexing="ij")
    a, b = (i * steps + j).ravel(), (i * steps + (j + 1) % steps).ravel()
    return mesh(name, points.reshape(-1, 3), np.stack([a, b, b + steps, a + steps], -1), material)


class Nodes:
    """A material being wired: thin names over the nodes that the samples use."""

    def __init__(self, name: str, mattes: tuple[str, ...] = ()) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.shader = self.tree.nodes["Principled BSDF"]
        for matte in mattes:
            out = self.tree.nodes.new("ShaderNodeOutputAOV")
            out.aov_name = matte
            out.inputs["Value"].default_value = 1.0

    def add(self, kind: str, **inputs):
        """Add a node; keyword names are input names with `_` for a blank; values or other sockets."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for name, value in inputs.items():
            self.put(node, name.replace("_", " "), value)
        return node

    def put(self, node, name: str, value) -> None:
        """Set or connect one input of a node."""
        socket = node.inputs[name]
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, (tuple, list)) and len(value) == 3 and socket.type == "RGBA":
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def set(self, **inputs) -> Nodes:
        """Set or connect inputs of the main shader."""
        for name, value in inputs.items():
            self.put(self.shader, name.replace("_", " "), value)
        return self

    def coords(self, space: str = "Object", scale=(1.0, 1.0, 1.0)):
        """Texture coordinates (Object or Generated), scaled."""
        where = self.add("TexCoord").outputs[space]
        return self.add("Mapping", Vector=where, Scale=tuple(scale)).outputs["Vector"]

    def noise(self, scale: float, detail: float = 4.0, stretch=(1.0, 1.0, 1.0)):
        """Fractal noise 0..1 at `scale` per metre."""
        node = self.add("TexNoise", Vector=self.coords("Object", stretch), Scale=scale, Detail=detail)
        return node.outputs["Fac"]

    def ramp(self, factor, *stops):
        """Map a factor to colours; stops are (position, (r, g, b))."""
        node = self.add("ValToRGB", Fac=factor)
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*colour, 1.0)
        return node.outputs["Color"]

    def bump(self, height, strength: float = 0.3, distance: float = 0.005):
        """Turn a height texture into a normal."""
        return self.add("Bump", Height=height, Strength=strength, Distance=distance).outputs["Normal"]

    def attribute(self, name: str):
        """Colour stored at the mesh's corners."""
        node = self.add("Attribute")
        node.attribute_name = name
        return node.outputs["Color"]


def glow(name: str, colour, strength: float, mattes: tuple[str, ...] = ()):
    """Give a surface that only emits: `colour` times `strength` is its radiance (1 = the clip)."""
    nodes = Nodes(name, mattes)
    nodes.set(Base_Color=(0.0, 0.0, 0.0), Roughness=1.0, Emission_Color=tuple(colour), Emission_Strength=strength)
    nodes.set(Specular_IOR_Level=0.0)
    # The lamps light the scene; asking thousands of bulb facets for their share would only add noise.
    nodes.material.cycles.emission_sampling = "NONE"
    return nodes.material


def leaves(name: str, centres: np.ndarray, size: float, material, rng: np.random.Generator, colours):
    """Link one mesh of bent, pointed leaves at `centres` (n, 3), `size` metres long, tinted from `colours`."""
    n = len(centres)
    along = np.linspace(0, 1, 8)
    half = 0.36 * np.sin(np.pi * along**0.8) ** 0.9 * (1.0 - 0.35 * along)
    rib = np.stack([0 * along, along, -0.16 * along**2], -1)
    edge = np.stack([half, along, -0.16 * along**2 + 0.12 * half], -1)
    outline = np.concatenate([rib, edge, edge * [-1, 1, 1]])
    turn = rng.normal(size=(n, 3, 3))
    turn, _ = np.linalg.qr(turn)
    scale = size * rng.uniform(0.6, 1.2, (n, 1, 1))
    points = centres[:, None] + scale * np.einsum("ij,njk->nik", outline - [0, 0.5, 0], turn)
    strip = np.array([[k, k + s, k + 1 + s, k + 1] for s in (8, 16) for k in range(7)])
    faces = (np.arange(n)[:, None, None] * 24 + strip).reshape(-1, 4)
    tint = np.asarray(colours)[rng.integers(len(colours), size=n)] * rng.uniform(0.6, 1.25, (n, 1))
    return mesh(name, points.reshape(-1, 3), faces, material, colour=np.repeat(tint, 24, 0))


def foliage(name: str, mattes: tuple[str, ...] = ()):
    """Make a material for leaves that let some light through, coloured by the mesh's tint."""
    nodes = Nodes(name, mattes)
    tint = nodes.attribute("tint")
    nodes.set(Base_Color=tint, Roughness=0.45)
    through = nodes.add("BsdfTranslucent", Color=tint)
    both = nodes.add("MixShader", Fac=0.4)
    nodes.tree.links.new(nodes.shader.outputs[0], both.inputs[1])
    nodes.tree.links.new(through.outputs[0], both.inputs[2])
    nodes.tree.links.new(both.outputs[0], nodes.tree.nodes["Material Output"].inputs["Surface"])
    return nodes.material


def sky(stops, strength: float) -> None:
    """Set the world to a gradient over the height of the view: stops of (0..1 up from below, colour)."""
    world = bpy.data.worlds.new("sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    where, split = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeSeparateXYZ")
    remap, ramp = tree.nodes.new("ShaderNodeMapRange"), tree.nodes.new("ShaderNodeValToRGB")
    remap.inputs["From Min"].default_value = -1.0
    tree.links.new(where.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Z"], remap.inputs["Value"])
    tree.links.new(remap.outputs[0], ramp.inputs["Fac"])
    elements = ramp.color_ramp.elements
    while len(elements) < len(stops):
        elements.new(0.5)
    for element, (position, colour) in zip(elements, stops, strict=True):
        element.position, element.color = position, (*colour, 1.0)
    tree.links.new(ramp.outputs["Color"], tree.nodes["Background"].inputs["Color"])
    tree.nodes["Background"].inputs["Strength"].default_value = strength


def lamp(name: str, location, target, size: float, watts: float, colour):
    """Link a square area light of side `size` that faces `target`."""
    data = bpy.data.lights.new(name, "AREA")
    data.size, data.energy, data.color = size, watts, colour
    towards = np.asarray(target, float) - np.asarray(location, float)
    thing = link(data, name, location)
    thing.rotation_euler = _aim(towards)
    thing.visible_camera = False
    return thing


def _aim(towards) -> tuple[float, float, float]:
    """Euler angles that turn -z (lights and cameras look there) to `towards`, kept upright."""
    x, y, z = np.asarray(towards, float) / np.linalg.norm(towards)
    return math.acos(-z), 0.0, math.atan2(y, x) - math.pi / 2


def camera(location, target, f35_mm: float, size: tuple[int, int]):
    """Link a pinhole camera whose picture of `size` has the 35 mm equivalent `f35_mm` (by the diagonal)."""
    data = bpy.data.cameras.new("camera")
    width, height = size
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = 43.2666 * width / math.hypot(width, height)
    data.lens = f35_mm
    data.clip_start, data.clip_end = 0.05, 500.0
    thing = link(data, "camera", location, _aim(np.subtract(target, location)))
    bpy.context.scene.camera = thing
    return thing


def render(path: Path, size: tuple[int, int], scale: float, samples: int, *, denoise: bool = True) -> None:
    """Render colour and mattes, then depth through the pixel centres, into one EXR.

    Channels written: R, G, B (linear Rec.709 radiance), Z (planar depth in metres), subject, hair, front
    (the fraction of the pixel each covers).
    """
    import OpenEXR

    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = round(scale * 100)
    scene.view_settings.view_transform = "Raw"
    if hasattr(scene.render.image_settings, "media_type"):  # since Blender 5
        scene.render.image_settings.media_type = "MULTI_LAYER_IMAGE"
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.image_settings.color_depth = "32"
    layer = scene.view_layers[0]
    for name in MATTES:
        aov = layer.aovs.add()
        aov.name, aov.type = name, "VALUE"
    cycles = scene.cycles
    scene.cycles_curves.shape = "RIBBONS"
    cycles.samples, cycles.use_adaptive_sampling = samples, False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.transmission_bounces = 4, 2, 3
    cycles.caustics_reflective = cycles.caustics_refractive = False
    # Small lamps seen through two bounces make fireflies; what they add to the picture is little.
    cycles.sample_clamp_indirect = 4.0
    cycles.use_denoising, cycles.denoising_prefilter = denoise, "ACCURATE"
    cycles.filter_width = 1.3
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = _still(path.with_suffix(".colour.exr"))

    # One ray through the middle of each pixel: an averaged depth belongs to no surface.
    cycles.samples, cycles.use_denoising, cycles.max_bounces = 1, False, 0
    cycles.filter_width = 0.01
    layer.use_pass_z = True
    depth = _still(path.with_suffix(".depth.exr"))

    channels = {c: _channel(colour, f"Combined.{c}").astype(np.float16) for c in "RGB"}
    channels |= {m: _channel(colour, f"{m}.").clip(0, 1).astype(np.float16) for m in MATTES}
    channels["Z"] = _channel(depth, "Depth.")
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION}, channels).write(str(path))


def _still(path: Path) -> dict[str, np.ndarray]:
    """Render the scene to `path` and read its channels back."""
    import OpenEXR

    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    return {name: np.array(c.pixels) for part in parts for name, c in part.channels.items()}


def _channel(channels: dict[str, np.ndarray], part: str) -> np.ndarray:
    """Return the one channel whose name holds `part` (Blender prefixes the view layer's name)."""
    found = [v for name, v in channels.items() if f".{part}" in f".{name}"]
    if not found:
        raise KeyError(f"no channel {part!r} among {sorted(channels)}")
    return found[0]
