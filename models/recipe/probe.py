"""The shortcut probe: can a linear model tell the classes of training windows from level, bandwidth, silence, length or noise alone?

    python probe.py --corpus CORPUS --frames FRAMES [...]

AUC by five-fold cross-validation over speakers, on raw clips (pass 0, whole, no augmentation) and on windows as the network
gets them. Near 0.5 on the second is what the channel chain is for.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from batches import Frames
from cues import NAMES, cues
from measures import auc
from train import configs, sampler_of


def report(features, labels, groups):
    """Cross-validated AUC of all cues and of each alone."""
    features, labels, groups = np.array(features), np.array(labels), np.array(groups)
    def one(columns):
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        guess = cross_val_predict(model, features[:, columns], labels, groups=groups, cv=GroupKFold(5), method="decision_function")
        return round(float(auc(guess[labels], guess[~labels])), 3)
    return {"all": one(list(range(len(NAMES)))), **{n: one([i]) for i, n in enumerate(NAMES)}}


def probe(corpus, folders, config, windows=8000):
    held = Frames(corpus, folders, "train", config["leaveOut"])
    raw = [e for e in held.entries if e[1] == 0]
    raw = [raw[i] for i in np.random.default_rng(0).permutation(len(raw))[:windows]]
    rows = [held.rows[e[0]] for e in raw]
    print("raw clips", json.dumps(report([cues(held.frames(e)) for e in raw], [r["label"] == "fake" for r in rows], [r["speaker"] for r in rows])))
    for detector, own in configs(config).items():
        sampler = sampler_of(held, own, 99)
        features, labels = [], []
        while len(features) < windows:
            frames, _, lengths, fake, _ = sampler.batch(32)
            features += [cues(f[:n].numpy()) for f, n in zip(frames, lengths)]
            labels += [bool(x) for x in fake]
        print(f"training windows, {detector}", json.dumps(report(features, labels, np.arange(len(labels)) // 32)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--frames", nargs="+", required=True)
    parser.add_argument("--config", default=str(Path(__file__).with_name("config.json")))
    args = parser.parse_args()
    probe(args.corpus, args.frames, json.loads(Path(args.config).read_text()))
