"""How often Silero VAD finds half a second of speech in the same windows, for comparison with measure.mjs.

    python bench/speech-gate/silero.py FOLDER silero_vad_v6.onnx

The model (MIT, 2.3 MB) is in the npm package @ricky0123/vad-web. Prints shares as measure.mjs does, and the time of one
stream at a time on one thread. Needs numpy, onnxruntime.
"""

import json
import os
import sys
import time

import numpy as np
import onnxruntime

SAMPLES = 327_680
CHUNK = 512
CONTEXT = 64
WINDOWS = {"1 s": 100, "3 s": 300, "10.24 s": 1024}
OWN_TIMING = {"clean", "rate 0.8", "rate 1.5", "whisper"}

folder, model = sys.argv[1:]
items = json.load(open(os.path.join(folder, "items.json")))
waves = np.memmap(os.path.join(folder, "items.i16"), np.int16, "r").reshape(-1, SAMPLES)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options)


def probabilities(batch):
    """Of each 32 ms: (items, 640)."""
    samples = np.pad(batch.astype(np.float32) / 32768, ((0, 0), (CONTEXT, 0)))
    state = np.zeros((2, len(batch), 128), np.float32)
    found = []
    for at in range(0, SAMPLES, CHUNK):
        feed = {"input": samples[:, at : at + CONTEXT + CHUNK], "state": state, "sr": np.array(16000)}
        probability, state = session.run(None, feed)
        found.append(probability[:, 0])
    return np.stack(found, 1)


def active_frames(wave):
    samples = np.concatenate([[0], wave / 32768])
    levels = 10 * np.log10(((samples[1:] - 0.97 * samples[:-1]) ** 2).reshape(-1, 160).mean(1) + 1e-12)
    return levels > max(-70, np.sort(levels)[int(len(levels) * 0.95)] - 30)


began = time.process_time()
probabilities(waves[:1])
cost = (time.process_time() - began) / (SAMPLES / 16000)
spoken = np.concatenate([probabilities(waves[at : at + 128]) for at in range(0, len(waves), 128)]) > 0.5
ends = (np.arange(spoken.shape[1]) + 1) * CHUNK / 160
tallies = {}
clean = None
for item, wave, speech in zip(items, waves, spoken):
    if item["cond"] in OWN_TIMING:
        active = active_frames(wave)
        clean = active if item["cond"] == "clean" else clean
    else:
        active = clean
    for name, frames in WINDOWS.items():
        for end in range(frames, 2049, 48):
            if item["kind"] == "speech" and active[end - frames : end].sum() < 50:
                continue
            passed = speech[(ends > end - frames) & (ends <= end)].sum() * 0.032 >= 0.5
            for cond in ("all", item["cond"]):
                tally = tallies.setdefault(", ".join([item["half"], item["kind"], cond, name]), [0, 0])
                tally[0] += int(passed)
                tally[1] += 1
shares = {key: round(passed / count, 4) for key, (passed, count) in tallies.items()}
print(json.dumps({"millisecondsAStreamSecond": cost * 1000, "shares": shares}))
