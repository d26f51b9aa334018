"""Copy synthesis by FARGAN, the neural vocoder that comes with libopus from 1.5 on (Valin et al. 2024; BSD-3-Clause): eighteen cepstra, pitch and
voicing every 10 ms, and a generator of 820,000 weights that was trained on many voices. Unlike the vocoders of vocoders.py it is nearly clean.

`fargan_demo` is made from opus' source (see the README); it reads and writes 16 kHz, 16 bit.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

LEAD, TAIL = 560, 640  # samples about the clip: the program drops the first 35 ms, and the last frames are to be made too


def copy(program, samples):
    """float32 [n] at 16 kHz → its copy, float32 [n], level and timing (to 2 ms) kept, without silence at its ends."""
    with tempfile.TemporaryDirectory() as folder:
        audio, features, made = (str(Path(folder) / name) for name in ("in.pcm", "features.f32", "out.pcm"))
        padded = np.pad(samples, (LEAD, TAIL), mode="reflect")
        (np.clip(padded, -1, 1) * 32_767).astype("<i2").tofile(audio)
        run(program, "-features", audio, features)
        run(program, "-fargan-synthesis", features, made)
        heard = np.fromfile(made, "<i2").astype(np.float32) / 32_768
    return np.pad(heard, (0, max(0, len(samples) - len(heard))))[:len(samples)]


def run(*words):
    subprocess.run(words, check=True, capture_output=True)
