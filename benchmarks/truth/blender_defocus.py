"""Blur a photo by Blender's Defocus node: run by an interpreter that has `bpy`, one picture per run.

`python blender_defocus.py PHOTO.exr RADIUS.exr OUT.exr BLADES ROTATION_DEG LARGEST_PX`, with the blur radius in pixels
in every channel of RADIUS.exr.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy

SHAPES = {3: "TRIANGLE", 4: "SQUARE", 5: "PENTAGON", 6: "HEXAGON", 7: "HEPTAGON", 8: "OCTAGON"}
"""The node has no more blades than eight; a circle stands for the rest."""


def angle_deg(blades: int, rotation_deg: float) -> float:
    """Return the node's angle: at 0 a corner is on top, and it turns clockwise."""
    return (90.0 - rotation_deg - 180.0 / blades) % (360.0 / blades) if blades else 0.0


def defocus(photo: str, radius: str, out: str, blades: int, rotation_deg: float, largest_px: float) -> None:
    """Run the node and write its picture, float RGB."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    images = []
    for path in (photo, radius):
        node = tree.nodes.new("CompositorNodeImage")
        node.image = bpy.data.images.load(path)
        node.image.colorspace_settings.name = "Non-Color"
        images.append(node)
    node = tree.nodes.new("CompositorNodeDefocus")
    node.use_zbuffer, node.z_scale, node.blur_max, node.threshold = False, 1.0, largest_px, 0.0
    node.use_preview = False
    node.bokeh, node.angle = SHAPES.get(blades, "CIRCLE"), math.radians(angle_deg(blades, rotation_deg))
    end = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(images[0].outputs["Image"], node.inputs["Image"])
    tree.links.new(images[1].outputs["Image"], node.inputs["Z"])
    tree.links.new(node.outputs["Image"], end.inputs["Image"])

    render = scene.render
    render.resolution_x, render.resolution_y = images[0].image.size
    render.resolution_percentage = 100
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    render.use_file_extension = False
    scene.view_settings.view_transform = "Raw"
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    render.filepath = str(Path(out).resolve())
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    photo, radius, out, blades, rotation_deg, largest_px = sys.argv[1:]
    defocus(photo, radius, out, int(blades), float(rotation_deg), float(largest_px))
