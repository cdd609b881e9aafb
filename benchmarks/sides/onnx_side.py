"""ONNX Runtime: inference only."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from workloads import CLASSES, WORKLOADS, Conv, Dense, Pool, Workload, sized_layers

from sides import Prepared

OPSET = 17
IR_VERSION = 9


class Side:
    """See `sides.Side`; there is one variant."""

    def __init__(self, variant: str, threads: int) -> None:
        self._onnx: Any = import_module("onnx")
        self._runtime: Any = import_module("onnxruntime")
        self._numpy: Any = import_module("numpy")
        self._threads = threads

    def versions(self) -> dict[str, str]:
        """Return the versions of the runtime and ONNX, and the number of threads."""
        return {
            "onnxruntime": str(self._runtime.__version__),
            "onnx": str(self._onnx.__version__),
            "threads": str(self._threads),
        }

    def _model(self, workload: Workload) -> bytes:
        """Serialise the network of a workload, with random weights, in ONNX format."""
        helper, numpy = self._onnx.helper, self._numpy
        rng = numpy.random.default_rng(0)
        nodes: list[Any] = []
        weights: list[Any] = []
        last = "images"

        def add(kind: str, inputs: list[str], **attributes: Any) -> str:
            name = f"v{len(nodes)}"
            nodes.append(helper.make_node(kind, inputs, [name], **attributes))
            return name

        def random(shape: tuple[int, ...]) -> str:
            name = f"w{len(weights)}"
            values = 0.1 * rng.standard_normal(shape, dtype="float32")
            weights.append(self._onnx.numpy_helper.from_array(values.astype("float32"), name))
            return name

        for sized in sized_layers(workload):
            spec = sized.layer
            if isinstance(spec, Conv):
                kernel = random((spec.filters, sized.channels, spec.kernel, spec.kernel))
                inputs = [last, kernel, random((spec.filters,))]
                last = add("Conv", inputs, pads=[spec.padding] * 4)
                last = add("Relu", [last])
            elif isinstance(spec, Pool):
                last = add("MaxPool", [last], kernel_shape=[2, 2], strides=[2, 2])
            elif isinstance(spec, Dense):
                inputs = [last, random((spec.units, sized.features)), random((spec.units,))]
                last = add("Gemm", inputs, transB=1)
                last = add("Relu", [last]) if spec.rectified else last
            else:
                last = add("Flatten", [last])
        number = self._onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            nodes,
            "network",
            [helper.make_tensor_value_info("images", number, ["N", *workload.input_shape])],
            [helper.make_tensor_value_info(last, number, ["N", CLASSES])],
            weights,
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def prepare(self, case: Mapping[str, Any]) -> Prepared:
        """Build a network for inference; nothing else is supported."""
        if case["task"] != "infer":
            raise ValueError("ONNX Runtime is used for inference only")
        workload = WORKLOADS[case["workload"]]
        batch = int(case["batch"])
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        session = self._runtime.InferenceSession(
            self._model(workload), options, providers=["CPUExecutionProvider"]
        )
        shape = (batch, *workload.input_shape)
        x = self._numpy.random.default_rng(0).standard_normal(shape, dtype="float32")
        return Prepared(lambda: session.run(None, {"images": x}), batch)
