"""Convert MediaPipe's face networks (TensorFlow Lite, Apache-2.0) to editgan_widgets/domains/portraits/reader.

    pip download --no-deps mediapipe==0.10.14 && pip install tflite ai-edge-litert
    python docs/convert_face_networks.py mediapipe-0.10.14-….whl

The file format is read with the package `tflite`; weights that it stores as sparse are made dense by `ai-edge-litert`.
"""

import argparse
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import tflite
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from flatbuffers import flexbuffers

from editgan_widgets.graph_network import GraphNetwork, Operation, save_networks

TO = Path(__file__).parent.parent / "editgan_widgets/domains/portraits/reader/face_networks.safetensors"
FILES = {
    "near faces": ("face_detection/face_detection_short_range.tflite", ("regressors", "classificators")),
    "far faces": ("face_detection/face_detection_full_range_sparse.tflite", ("Identity", "Identity_1")),
    "mesh": (
        "face_landmark/face_landmark_with_attention.tflite",
        ("output_mesh_identity", "output_lips", "output_left_eye", "output_right_eye", "output_left_iris",
         "output_right_iris", "conv_faceflag"),
    ),
}  # fmt: skip
_OPERATORS = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}
_CONSTANTS_MADE_BY = ("DEQUANTIZE", "DENSIFY")


def main() -> None:
    """Read the networks from a wheel and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    wheel = zipfile.ZipFile(parser.parse_args().wheel)
    networks = {
        name: _Reader(wheel.read(f"mediapipe/modules/{path}")).network(outputs)
        for name, (path, outputs) in FILES.items()
    }
    about = {"of": "MediaPipe 0.10.14", "licence": "Apache-2.0", "files": {n: path for n, (path, _) in FILES.items()}}
    save_networks(networks, TO, about)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._model = tflite.Model.GetRootAsModel(content, 0)
        self._graph = self._model.Subgraphs(0)
        self._constants: dict[str, torch.Tensor] = {}
        self._same: dict[int, int] = {}  # tensors that are another one under a new number
        self._dense = self._made_dense(content)

    def network(self, outputs: tuple[str, ...]) -> GraphNetwork:
        """All operations of the file, in its order."""
        operations = []
        for i in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(i)
            kind, options = self._kind(operator), operator.BuiltinOptions()
            inputs = [self._same.get(int(k), int(k)) for k in operator.InputsAsNumpy() if k >= 0]
            output = int(operator.OutputsAsNumpy()[0])
            if kind in _CONSTANTS_MADE_BY or kind == "STRIDED_SLICE":  # the slice takes the whole tensor
                self._same[output] = inputs[0] if output not in self._dense else output
                continue
            of_kind = getattr(self, f"_{kind.lower()}")
            read = getattr(tflite, of_kind.__doc__ or "", None)
            settings = read() if read else None
            if settings is not None:
                settings.Init(options.Bytes, options.Pos)
            operations += of_kind(operator, inputs, output, settings)
        by_name = {self._graph.Tensors(k).Name().decode(): k for k in range(self._graph.TensorsLength())}
        names = {name: self._name(self._same.get(by_name[name], by_name[name])) for name in outputs}
        renamed = {old: new for new, old in names.items()}
        operations = [
            Operation(x.kind, tuple(renamed.get(n, n) for n in x.inputs), renamed.get(x.output, x.output), x.settings)
            for x in operations
        ]
        return GraphNetwork(operations, self._constants, outputs)

    # One method for each operator; its docstring names the class of its options.

    def _conv_2d(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """Conv2DOptions"""
        weight = torch.from_numpy(self._array(inputs[1])).permute(0, 3, 1, 2)
        return self._convolution(inputs, output, options, weight, 1)

    def _depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """DepthwiseConv2DOptions"""
        weight = torch.from_numpy(self._array(inputs[1])).permute(3, 0, 1, 2)
        return self._convolution(inputs, output, options, weight, len(weight))

    def _convolution(
        self, inputs: list[int], output: int, options: Any, weight: torch.Tensor, groups: int
    ) -> list[Operation]:
        names = f"weight {inputs[1]}", f"bias {inputs[2]}"
        self._constants |= {names[0]: weight.contiguous(), names[1]: torch.from_numpy(self._array(inputs[2]))}
        settings = {
            "stride": options.StrideH(),
            "same": options.Padding() == 0,
            "groups": groups,
            "relu": options.FusedActivationFunction() == 1,
        }
        assert options.FusedActivationFunction() in (0, 1)
        return [Operation("convolution", (self._name(inputs[0]), *names), self._name(output), settings)]

    def _add(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """AddOptions"""
        settings = {"relu": options.FusedActivationFunction() == 1}
        return [Operation("add", tuple(map(self._name, inputs)), self._name(output), settings)]

    def _relu(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        return [Operation("relu", (self._name(inputs[0]),), self._name(output), {})]

    def _prelu(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        slope = f"slope {inputs[1]}"
        self._constants[slope] = torch.from_numpy(self._array(inputs[1])).flatten()
        return [Operation("prelu", (self._name(inputs[0]), slope), self._name(output), {})]

    def _max_pool_2d(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """Pool2DOptions"""
        size = {"size": options.FilterHeight(), "stride": options.StrideH(), "same": options.Padding() == 0}
        return [Operation("max pool", (self._name(inputs[0]),), self._name(output), size)]

    def _pad(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        _, rows, columns, channels = self._array(inputs[1]).tolist()
        settings = {"channels": channels, "rows": rows, "columns": columns}
        return [Operation("pad", (self._name(inputs[0]),), self._name(output), settings)]

    def _resize_bilinear(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """ResizeBilinearOptions"""
        assert not options.AlignCorners()
        height, width = self._array(inputs[1]).tolist()
        settings = {"height": height, "width": width, "half_pixels": bool(options.HalfPixelCenters())}
        return [Operation("enlarge", (self._name(inputs[0]),), self._name(output), settings)]

    def _depth_to_space(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """DepthToSpaceOptions"""
        settings = {"block": options.BlockSize()}
        return [Operation("channels to pixels", (self._name(inputs[0]),), self._name(output), settings)]

    def _reshape(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        shape = self._graph.Tensors(output).ShapeAsNumpy().tolist()[1:]
        return [Operation("flatten", (self._name(inputs[0]),), self._name(output), {"shape": shape})]

    def _concatenation(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        """ConcatenationOptions"""
        return [Operation("join", tuple(map(self._name, inputs)), self._name(output), {"axis": options.Axis()})]

    def _mul(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        by = self._array(inputs[1]).astype(np.float32)
        if by.size > 1:  # of a matrix: scales its shift, which "place" does
            self._same[output] = inputs[0]
            self._unit = float(by[0, 0, 3])
            return []
        return [Operation("scale", (self._name(inputs[0]),), self._name(output), {"by": float(by.item())})]

    def _landmarks2transformmatrix(
        self, operator: Any, inputs: list[int], output: int, options: Any
    ) -> list[Operation]:
        given = flexbuffers.Loads(bytes(operator.CustomOptionsAsNumpy()))
        settings = {
            "subset": given["subset_idxs"], "left": given["left_rotation_idx"], "right": given["right_rotation_idx"],
            "turn": given["target_rotation_radians"], "size": [given["output_width"], given["output_height"]],
            "scale": [given["scale_x"], given["scale_y"]],
        }  # fmt: skip
        return [Operation("crop matrix", (self._name(inputs[0]),), self._name(output), settings)]

    def _transformtensorbilinear(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        given = flexbuffers.Loads(bytes(operator.CustomOptionsAsNumpy()))
        settings = {"size": given["output_width"]}
        return [Operation("crop", tuple(map(self._name, inputs)), self._name(output), settings)]

    def _transformlandmarks(self, operator: Any, inputs: list[int], output: int, options: Any) -> list[Operation]:
        return [Operation("place", tuple(map(self._name, inputs)), self._name(output), {"unit": self._unit})]

    def _kind(self, operator: Any) -> str:
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        kind = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        return code.CustomCode().decode() if kind == "CUSTOM" else kind

    def _name(self, tensor: int) -> str:
        tensor = self._same.get(tensor, tensor)
        return "input" if tensor == int(self._graph.Inputs(0)) else f"map {tensor}"

    def _array(self, tensor: int) -> np.ndarray:
        """Values of a constant."""
        if tensor in self._dense:
            return self._dense[tensor]
        found = self._graph.Tensors(tensor)
        values = self._model.Buffers(found.Buffer()).DataAsNumpy().view(_TYPES[found.Type()])
        values = values.reshape(found.ShapeAsNumpy())
        return values.astype(np.float32) if values.dtype == np.float16 else values

    def _made_dense(self, content: bytes) -> dict[int, np.ndarray]:
        operators = [self._graph.Operators(i) for i in range(self._graph.OperatorsLength())]
        found = {}
        if any(self._kind(one) == "DENSIFY" for one in operators):
            plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            interpreter = Interpreter(
                model_content=content, experimental_preserve_all_tensors=True, experimental_op_resolver_type=plain
            )
            interpreter.allocate_tensors()
            interpreter.invoke()
            for one in operators:
                if self._kind(one) in _CONSTANTS_MADE_BY:
                    output = int(one.OutputsAsNumpy()[0])
                    found[output] = interpreter.get_tensor(output).astype(np.float32)
        return found


if __name__ == "__main__":
    main()
