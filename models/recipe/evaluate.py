"""Measures a shipped package on the test split and writes results.md.

    python evaluate.py --corpus CORPUS --package ../default --out results.md

Runs model.fp32.onnx as the server does: clip → mel → first 1024 frames → logit → calibration. Clips shorter than 1 s after
trimming are left out (the server does not score them either). Nothing here feeds back into training.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from channels import set_level, through_codec
from features import LEAST_FRAMES, MEL_BINS, WINDOW_FRAMES, mel_frames
from measures import auc, bounds, eer
from store import Corpus

LEVEL_DB = -26.0


class Package:
    def __init__(self, folder):
        self.manifest = json.loads((Path(folder) / "model.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(str(Path(folder) / self.manifest["files"][0]["path"]), options, providers=["CPUExecutionProvider"])

    def logits(self, waves, batch=16):
        """Calibrated fake logits of float32 clips."""
        out = []
        for start in range(0, len(waves), batch):
            chosen = waves[start:start + batch]
            frames = np.zeros((len(chosen), WINDOW_FRAMES, MEL_BINS), np.float32)
            lengths = np.zeros(len(chosen), np.int64)
            for i, wave in enumerate(chosen):
                mel = mel_frames(torch.from_numpy(np.ascontiguousarray(wave)))[:WINDOW_FRAMES].numpy()
                frames[i, :len(mel)], lengths[i] = mel, len(mel)
            out.append(self.session.run(None, {"frames": frames, "length": lengths})[0])
        c = self.manifest["calibration"]
        return c["scale"] * np.concatenate(out) + c["bias"]


def leading_silence(waves):
    """1.5 s of very faint noise (-80 dB) in front."""
    draw = np.random.default_rng(2)
    return [np.concatenate([1e-4 * draw.standard_normal(24_000).astype(np.float32), w]) for w in waves]


CONDITIONS = {
    "as it is (-26 dB)": lambda waves: waves,
    "gain +12 dB": lambda waves: [np.clip(w * 3.981, -1, 1) for w in waves],
    "gain -12 dB": lambda waves: [w * 0.2512 for w in waves],
    "G.711 mu-law": lambda waves: through_codec(waves, "mulaw"),
    "Opus 16 kbit/s": lambda waves: through_codec(waves, "opus-16"),
    "1.5 s silence in front": leading_silence,
    "first 2 s only": lambda waves: [w[:32_000] for w in waves],
}


def cell(measure, fake, real):
    value, low, high = bounds(measure, fake, real)
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


def share(hits):
    return f"{100 * np.mean(hits):.1f} %"


def evaluate(corpus_folder, package_folder, out, split):
    corpus, package = Corpus(corpus_folder), Package(package_folder)
    rows = [i for i, r in enumerate(corpus.rows) if r["split"] == split and r["samples"] >= LEAST_FRAMES * 160]
    waves = [set_level(corpus.wave(i), LEVEL_DB) for i in rows]
    labels = np.array([corpus.rows[i]["label"] == "fake" for i in rows])
    names = np.array([corpus.rows[i]["system"] + (" (Italian)" if corpus.rows[i]["language"] == "it" else "") for i in rows])
    decision = package.manifest["decision"]
    at = {p: np.log(p / (1 - p)) for p in (decision["threshold"], decision["raise"])}
    scores = {name: package.logits(make(waves)) for name, make in CONDITIONS.items()}
    clean = scores["as it is (-26 dB)"]
    real = clean[~labels]
    voices = len({corpus.rows[i]["speaker"] for i, l in zip(rows, labels) if not l})

    lines = [f"# Results on the {split} split", "",
             f"{int(labels.sum())} fake and {int((~labels).sum())} human clips ({voices} voices) of at least 1 s; one window a clip (its first 10.24 s, most are shorter).",
             "Brackets: 95 % bootstrap bounds over clips. They do not cover the small number of voices and engines, which is the larger doubt.", "",
             "## Fake systems, each against all human clips of the split", "",
             f"| system | clips | AUC | EER | missed at {decision['threshold']} | missed at raise {decision['raise']} |", "| --- | --- | --- | --- | --- | --- |"]
    for name in sorted(set(names[labels])):
        fake = clean[labels & (names == name)]
        lines.append(f"| {name} | {len(fake)} | {cell(auc, fake, real)} | {cell(eer, fake, real)} | "
                     + " | ".join(share(fake < t) for t in at.values()) + " |")
    fakes = clean[labels]
    lines.append(f"| **all** | {len(fakes)} | {cell(auc, fakes, real)} | {cell(eer, fakes, real)} | " + " | ".join(share(fakes < t) for t in at.values()) + " |")
    lines += ["", "## Human sets, each against all fakes of the split", "",
              f"| set | clips | AUC | false alarms at {decision['threshold']} | at raise {decision['raise']} |", "| --- | --- | --- | --- | --- |"]
    for name in sorted(set(names[~labels])):
        human = clean[~labels & (names == name)]
        lines.append(f"| {name} | {len(human)} | {cell(auc, fakes, human)} | " + " | ".join(share(human >= t) for t in at.values()) + " |")
    lines += ["", "## How the score moves", "",
              "Means over systems of each class, so that no large set decides; probabilities at the calibrated logit.", "",
              "| condition | AUC (all clips) | mean over fake systems of AUC | mean logit, human sets | mean logit, fake systems | median change of a clip | "
              f"false alarms / missed at {decision['threshold']} |",
              "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, logits in scores.items():
        per = defaultdict(list)
        for n, l, s in zip(names, labels, logits):
            per[l, n].append(s)
        human = logits[~labels]
        means = {c: np.mean([np.mean(v) for (l, _), v in per.items() if l == c]) for c in (False, True)}
        macro = np.mean([auc(v, human) for (l, _), v in per.items() if l])
        lines.append(f"| {name} | {auc(logits[labels], human):.3f} | {macro:.3f} | {means[False]:+.2f} | {means[True]:+.2f} | "
                     f"{np.median(np.abs(logits - clean)):.2f} | {share(human >= at[decision['threshold']])} / {share(logits[labels] < at[decision['threshold']])} |")
    Path(out).write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--package", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--split", default="test", choices=["valid", "test"])
    args = parser.parse_args()
    evaluate(args.corpus, args.package, args.out, args.split)
