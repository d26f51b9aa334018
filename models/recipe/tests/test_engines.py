"""The neural engines that speak training fakes. Skipped without the recipe's packages."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    import kokoro
    import piper
    from quiet_onnxruntime import on_one_thread
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


def quantized_convolution():
    """float [1, 3, 20] → int32 sums of a quantized convolution, stride 2."""
    weight = np.random.default_rng(3).integers(0, 255, (4, 3, 5), np.uint8)
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
        helper.make_node("ConvInteger", ["q", "w", "zero", "wz"], ["y"], strides=[2]),
    ]
    constants = [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.array(131, np.uint8), "wz")]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 20])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.INT32, [1, 4, 8])]
    return helper.make_model(helper.make_graph(nodes, "g", inputs, outputs, constants), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model, x):
    return on_one_thread(model.SerializeToString()).run(None, {"x": x})[0]


class Kokoro(unittest.TestCase):
    def test_float_convolutions_give_the_same_integers(self):
        x = np.random.default_rng(4).normal(size=(1, 3, 20)).astype(np.float32)
        np.testing.assert_array_equal(run(kokoro.float_convolutions(quantized_convolution()), x), run(quantized_convolution(), x))

    def test_every_voice_but_the_italian_speaks_equally_often(self):
        with tempfile.TemporaryDirectory() as package:
            voices = Path(package, "build", "voices")
            voices.mkdir(parents=True)
            for name in ("af_one", "if_two", "zm_three"):
                (voices / f"{name}.bin").touch()
            spoken = [voice for voice, *_ in kokoro.plan(package)]
        self.assertEqual(spoken, ["af_one"] * kokoro.EACH + ["zm_three"] * kokoro.EACH)


class Piper(unittest.TestCase):
    def test_a_packed_file_is_found_by_the_script_beside_it(self):
        with tempfile.TemporaryDirectory() as package:
            Path(package, "sherpa-onnx-wasm-main.js").write_text('{filename: "/README.md", start: 0, end: 3 }, {filename: "/tokens.txt", start: 3, end: 7 }')
            Path(package, "sherpa-onnx-wasm-main.data").write_bytes(b"abcdefghi")
            self.assertEqual(piper.part(package, "tokens.txt"), b"defg")

    def test_each_noise_of_the_model_is_the_beginning_of_its_row(self):
        nodes = [helper.make_node("RandomNormalLike", [x], [f"{x}_noise"], dtype=TensorProto.FLOAT) for x in ("a", "b")]
        inputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, None) for x in ("a", "b")]
        outputs = [helper.make_tensor_value_info(f"{x}_noise", TensorProto.FLOAT, None) for x in ("a", "b")]
        graph = helper.make_graph(nodes, "g", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
        session = on_one_thread(piper.noise_as_input(model).SerializeToString())
        noise = np.random.default_rng(5).standard_normal((2, piper.MOST_NOISE), np.float32)
        made = session.run(None, {"a": np.zeros((1, 2, 7), np.float32), "b": np.zeros((1, 3, 5), np.float32), "noise": noise})
        np.testing.assert_array_equal(made[0], noise[0, :14].reshape(1, 2, 7))
        np.testing.assert_array_equal(made[1], noise[1, :15].reshape(1, 3, 5))


if __name__ == "__main__":
    unittest.main()
