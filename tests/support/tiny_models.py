"""Models of a few thousand random weights, as their makers' libraries write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

VIEW_DEG = 60.0
"""Field of view that the tiny Depth Pro sees in every picture."""


def save_depth_pro(folder: Path, *, sees_field: bool = True) -> None:
    """Save a Depth Pro of 94 thousand random weights."""
    torch, transformers = (pytest.importorskip(package) for package in ("torch", "transformers"))
    torch.manual_seed(1)
    vit = {
        "model_type": "dinov2",
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "mlp_ratio": 2,
        "image_size": 16,
        "patch_size": 4,
    }
    config = transformers.DepthProConfig(
        fusion_hidden_size=16,
        patch_size=16,
        intermediate_hook_ids=[1, 0],
        intermediate_feature_dims=[16, 16],
        scaled_images_feature_dims=[16, 16, 16],
        use_fov_model=sees_field,
        image_model_config=dict(vit),
        patch_model_config=dict(vit),
        fov_model_config=dict(vit),
    )
    model = transformers.DepthProForDepthEstimation(config)
    with torch.no_grad():
        # Random weights return zeros and hundreds; these make a disparity about one, and one field of view.
        model.head.layers[-2].weight.mul_(1e-2)
        model.head.layers[-2].bias.fill_(1.0)
        if sees_field:
            model.fov_model.head.layers[-1].weight.zero_()
            model.fov_model.head.layers[-1].bias.fill_(VIEW_DEG)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text('{"size": {"height": 64, "width": 64}}')


def save_depth_anything(folder: Path, *, metric: bool = False) -> None:
    """Save a Depth Anything of 37 thousand random weights."""
    torch, transformers = (pytest.importorskip(package) for package in ("torch", "transformers"))
    torch.manual_seed(1)
    backbone = transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        image_size=56,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
    )
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=8,
        head_hidden_size=8,
        depth_estimation_type="metric" if metric else "relative",
        max_depth=20,
    )
    transformers.DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"size": {"height": 56, "width": 56}, "keep_aspect_ratio": true, "ensure_multiple_of": 14}'
    )


def save_onnx(path: Path, *, size: tuple[object, object] = ("h", "w"), last: bool = False, kind: str = "FLOAT") -> None:
    """Save an ONNX graph whose map is the mean of what it is shown over the channels."""
    onnx = pytest.importorskip("onnx")
    TensorProto, helper = onnx.TensorProto, onnx.helper
    dtype = getattr(TensorProto, kind)
    shape = [1, *size, 3] if last else [1, 3, *size]
    picture = helper.make_tensor_value_info("image", dtype, shape)
    depth = helper.make_tensor_value_info("predicted_depth", TensorProto.FLOAT, [1, *size])
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [3 if last else 1])
    steps = [
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers", "axes"], ["predicted_depth"], keepdims=0),
    ]
    graph = helper.make_graph(steps, "mean", [picture], [depth], [axes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


def save_salient(path: Path, side: int | str = 320, *, planes: int = 1) -> None:
    """Save an ONNX graph with U2-Net's signature: its first map is bright where the picture is, its others dark."""
    onnx = pytest.importorskip("onnx")
    TensorProto, helper = onnx.TensorProto, onnx.helper
    picture = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, side, side])
    names = [f"d{k}" for k in range(7)]
    maps = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, planes, side, side]) for name in names]
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    # Sure of what it says, as the network is: a resizer's overshoot beside an edge does not show.
    steep = helper.make_tensor("steep", TensorProto.FLOAT, [1], [8.0])
    steps = [
        helper.make_node("ReduceMean", ["input.1", "axes"], ["mean"], keepdims=1),
        helper.make_node("Mul", ["mean", "steep"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["share"]),
        helper.make_node("Concat", ["share"] * planes, ["d0"], axis=1),
        *(helper.make_node("Sub", ["one", "d0"], [name]) for name in names[1:]),
    ]
    graph = helper.make_graph(steps, "salient", [picture], maps, [axes, one, steep])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)


YUNET_BOX = (0.25, -0.5, 0.5, 0.75)
"""Of every point of the tiny YuNet's lattice: where the box's middle is, and its sides' logarithms; in strides."""

YUNET_EYES = (1.0, -0.5, -0.75, -0.25)
"""Likewise the eyes, the right one in the picture first."""


def save_yunet(path: Path, side: int | str = 64, *, drop: str = "") -> None:
    """Save an ONNX graph with YuNet's signature, to which each red square of 8 pixels is a face."""
    onnx = pytest.importorskip("onnx")
    TensorProto, helper = onnx.TensorProto, onnx.helper
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])
    numbers = {
        "red": (TensorProto.INT64, [1], [2]),
        "flat": (TensorProto.INT64, [3], [1, -1, 1]),
        "unit": (TensorProto.FLOAT, [1], [1 / 255]),
        "nothing": (TensorProto.FLOAT, [1], [0.0]),
        "bbox": (TensorProto.FLOAT, [1, 1, 4], YUNET_BOX),
        "kps": (TensorProto.FLOAT, [1, 1, 10], [*YUNET_EYES, *[0.0] * 6]),
    }
    steps, outputs = [helper.make_node("Gather", ["input", "red"], ["plane"], axis=1)], []
    for stride in (8, 16, 32):
        pool = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
        steps += [
            helper.make_node("AveragePool", ["plane"], [f"mean_{stride}"], **pool),
            helper.make_node("Reshape", [f"mean_{stride}", "flat"], [f"row_{stride}"]),
            helper.make_node("Mul", [f"row_{stride}", "unit"], [f"cls_{stride}"]),
            helper.make_node("Mul", [f"cls_{stride}", f"cls_{stride}"], [f"obj_{stride}"]),
            helper.make_node("Mul", [f"cls_{stride}", "nothing"], [f"no_{stride}"]),
            helper.make_node("Add", [f"no_{stride}", "bbox"], [f"bbox_{stride}"]),
            helper.make_node("Add", [f"no_{stride}", "kps"], [f"kps_{stride}"]),
        ]
        for kind, count in {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}.items():
            points = (side // stride) ** 2 if isinstance(side, int) else f"points_{stride}"
            outputs.append(helper.make_tensor_value_info(f"{kind}_{stride}", TensorProto.FLOAT, [1, points, count]))
    constants = [helper.make_tensor(name, *made) for name, made in numbers.items()]
    graph = helper.make_graph(steps, "faces", [picture], [o for o in outputs if o.name != drop], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def save_blazeface(path: Path, logits: dict[int, float], numbers: list[float], *, side: int = 128) -> None:
    """Save a TFLite graph with BlazeFace's signature.

    Its candidates have these logits in a white picture, the opposite in a black one, and the others none; all have the
    same 16 numbers.
    """
    flatbuffers, schema = (
        pytest.importorskip(package) for package in ("flatbuffers", "ai_edge_litert.schema_py_generated")
    )
    rows = np.zeros((896, 1), np.float32)
    for at, logit in logits.items():
        rows[at] = logit
    weights = [np.array([1, 2, 3], np.int32), rows, np.tile(np.asarray(numbers, np.float32), (896, 1))]
    buffers = [schema.BufferT()]
    for values in weights:
        buffers.append(schema.BufferT())
        buffers[-1].data = [*values.tobytes()]
    shapes = [
        ("picture", [1, side, side, 3], 0), ("axes", [3], 1), ("logits", [1, 896, 1], 2), ("rows", [1, 896, 16], 3),
        ("mean", [1], 0), ("square", [1], 0), ("classificators", [1, 896, 1], 0), ("regressors", [1, 896, 16], 0),
    ]  # fmt: skip
    graph = schema.SubGraphT()
    graph.tensors = []
    for name, shape, buffer in shapes:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, shape, buffer
        tensor.type = schema.TensorType.INT32 if name == "axes" else schema.TensorType.FLOAT32
        graph.tensors.append(tensor)
    graph.inputs, graph.outputs, graph.operators = [0], [7, 6], []
    for inputs, output in (([0, 1], 4), ([4, 4], 5), ([4, 2], 6), ([5, 3], 7)):
        step = schema.OperatorT()
        step.inputs, step.outputs, step.opcodeIndex = inputs, [output], 0 if output == 4 else 1
        kind = "Reducer" if output == 4 else "Mul"
        step.builtinOptionsType = getattr(schema.BuiltinOptions, f"{kind}Options")
        step.builtinOptions = getattr(schema, f"{kind}OptionsT")()
        graph.operators.append(step)
    codes = []
    for kind in (schema.BuiltinOperator.MEAN, schema.BuiltinOperator.MUL):
        codes.append(schema.OperatorCodeT())
        codes[-1].builtinCode = codes[-1].deprecatedBuiltinCode = kind
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, codes, [graph], buffers
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def save_tflite(path: Path, side: int = 32) -> None:
    """Save a TFLite graph whose matte is the mean of the channels."""
    flatbuffers, schema = (
        pytest.importorskip(package) for package in ("flatbuffers", "ai_edge_litert.schema_py_generated")
    )

    def tensor(name: str, shape: list[int], kind: int, buffer: int) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, shape, kind, buffer
        return made

    mean, options = schema.OperatorT(), schema.ReducerOptionsT()
    options.keepDims = True
    mean.inputs, mean.outputs, mean.opcodeIndex = [0, 1], [2], 0
    mean.builtinOptionsType, mean.builtinOptions = schema.BuiltinOptions.ReducerOptions, options
    graph = schema.SubGraphT()
    graph.tensors = [
        tensor("picture", [1, side, side, 3], schema.TensorType.FLOAT32, 0),
        tensor("axis", [1], schema.TensorType.INT32, 1),
        tensor("matte", [1, side, side, 1], schema.TensorType.FLOAT32, 0),
    ]
    graph.inputs, graph.outputs, graph.operators = [0], [2], [mean]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.MEAN
    nothing, axis = schema.BufferT(), schema.BufferT()
    axis.data = [3, 0, 0, 0]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [nothing, axis]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
