"""Fits the weights of src/stream/speech-evidence.ts: a logistic regression on the tune half of the sounds.

    node bench/speech-gate/measure.mjs FOLDER --measures FOLDER/measures.f32
    python bench/speech-gate/fit.py FOLDER

Speech and music weigh 1 in all, tones and noise 0.4. Prints the lines of WEIGHTS, and BIAS. Needs numpy, scikit-learn.
"""

import json
import os
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression

PIECES = 82
MEASURES = 10
SHARES = {"speech": 1.0, "music": 1.0, "tones": 0.4, "noise": 0.4}

folder = sys.argv[1]
items = json.load(open(os.path.join(folder, "items.json")))
values = np.fromfile(os.path.join(folder, "measures.f32"), np.float32).reshape(len(items), PIECES, 1 + MEASURES)
kinds = np.repeat([[item["kind"]] for item in items], PIECES, 1)
tune = np.repeat([[item["half"] == "tune"] for item in items], PIECES, 1)
used = tune & (values[..., 0] > 0) & np.isin(kinds, list(SHARES))

measures = values[..., 1:][used].astype(float)
kind = kinds[used]
weights = np.zeros(len(kind))
for name, share in SHARES.items():
    weights[kind == name] = share / (kind == name).sum()
weights *= len(kind)

mean, deviation = measures.mean(0), measures.std(0)
model = LogisticRegression(max_iter=500)
model.fit(np.clip((measures - mean) / deviation, -4, 4), kind == "speech", sample_weight=weights)
for m, d, w in zip(mean, deviation, model.coef_[0]):
    print(f"  {{ mean: {m:.4g}, deviation: {d:.4g}, logOdds: {w:.3g} }},")
print(f"BIAS = {model.intercept_[0]:.4g}")
