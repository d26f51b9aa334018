"""Measures a shipped package on the test split and writes results.md.

    python evaluate.py --corpus CORPUS --package ../default --out results.md

Runs model.fp32.onnx as the server does: clip → mel → first 1024 frames → logit → calibration. Clips shorter than 1 s after
trimming are left out (the server does not score them either). Nothing here feeds back into training.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from channels import set_level, through_codec
from features import LEAST_FRAMES, MEL_BINS, WINDOW_FRAMES, mel_frames
from measures import auc, bounds, eer
from quiet_onnxruntime import onnxruntime
from store import Corpus

LEVEL_DB = -26.0
BIN_EDGES = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)


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


AS_IT_IS = "as it is (-26 dB)"
CONDITIONS = {
    AS_IT_IS: lambda waves: waves,
    "gain +12 dB": lambda waves: [np.clip(w * 3.981, -1, 1) for w in waves],
    "gain -12 dB": lambda waves: [w * 0.2512 for w in waves],
    "G.711 mu-law": lambda waves: through_codec(waves, "mulaw"),
    "Opus 16 kbit/s": lambda waves: through_codec(waves, "opus-16"),
    "1.5 s silence in front": leading_silence,
    "first 2 s only": lambda waves: [w[:32_000] for w in waves],
}


def log_odds(probability):
    return np.log(probability / (1 - probability))


def cell(measure, fake, real):
    value, low, high = bounds(measure, fake, real)
    return f"{value:.3f} ({low:.3f}–{high:.3f})"


def share(hits):
    return f"{100 * np.mean(hits):.1f} %"


class Clips:
    """The clips of a split that a server would score: samples at one level, whether fake, and the name that each is counted under."""

    def __init__(self, corpus, split):
        rows = [i for i, row in enumerate(corpus.rows) if row["split"] == split and row["samples"] >= LEAST_FRAMES * 160]
        self.waves = [set_level(corpus.wave(i), LEVEL_DB) for i in rows]
        self.fake = np.array([corpus.rows[i]["label"] == "fake" for i in rows])
        self.names = np.array([corpus.rows[i]["system"] + (" (Italian)" if corpus.rows[i]["language"] == "it" else "") for i in rows])
        self.voices = len({corpus.rows[i]["speaker"] for i, fake in zip(rows, self.fake) if not fake})

    def sets(self, fake):
        """(name, which clips) of each fake system or human set."""
        return [(name, (self.fake == fake) & (self.names == name)) for name in sorted(set(self.names[self.fake == fake]))]

    def even_weights(self):
        """Of each clip, so that both classes weigh alike, and so do the systems and sets within one."""
        weights = np.zeros(len(self.fake))
        for fake in (False, True):
            sets = self.sets(fake)
            for _, which in sets:
                weights[which] = 1 / (2 * len(sets) * which.sum())
        return weights


def fakes_table(clips, logits, decision):
    real, cuts = logits[~clips.fake], [log_odds(decision[name]) for name in ("threshold", "raise")]
    lines = [f"| system | clips | AUC | EER | missed at {decision['threshold']} | missed at raise {decision['raise']} |", "| --- | --- | --- | --- | --- | --- |"]
    for name, which in [*clips.sets(True), ("**all**", clips.fake)]:
        fake = logits[which]
        lines.append(f"| {name} | {len(fake)} | {cell(auc, fake, real)} | {cell(eer, fake, real)} | " + " | ".join(share(fake < cut) for cut in cuts) + " |")
    return lines


def humans_table(clips, logits, decision):
    fakes, cuts = logits[clips.fake], [log_odds(decision[name]) for name in ("threshold", "raise")]
    lines = [f"| set | clips | AUC | false alarms at {decision['threshold']} | at raise {decision['raise']} |", "| --- | --- | --- | --- | --- |"]
    for name, which in clips.sets(False):
        human = logits[which]
        lines.append(f"| {name} | {len(human)} | {cell(auc, fakes, human)} | " + " | ".join(share(human >= cut) for cut in cuts) + " |")
    return lines


def reliability_table(clips, logits):
    """How often a clip with such a probability is fake, and the mean distance of the two."""
    probability, weights = 1 / (1 + np.exp(-logits)), clips.even_weights()
    bins = np.digitize(probability, BIN_EDGES[1:-1])
    lines, error = ["| fake probability | clips | mean | fake |", "| --- | --- | --- | --- |"], 0.0
    for at, (low, high) in enumerate(zip(BIN_EDGES, BIN_EDGES[1:])):
        here = bins == at
        if here.any():
            mean, fakes = np.average(probability[here], weights=weights[here]), np.average(clips.fake[here], weights=weights[here])
            error += weights[here].sum() * abs(mean - fakes)
            lines.append(f"| {low:g} to {high:g} | {here.sum()} | {mean:.2f} | {100 * fakes:.0f} % |")
    return [*lines, "", f"Expected calibration error: {error:.3f}."]


def movement_table(clips, scores, decision):
    cut, clean = log_odds(decision["threshold"]), scores[AS_IT_IS]
    lines = ["| condition | AUC (all clips) | mean over fake systems of AUC | mean logit, human sets | mean logit, fake systems | median change of a clip | "
             f"false alarms / missed at {decision['threshold']} |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, logits in scores.items():
        human, fakes = logits[~clips.fake], logits[clips.fake]
        means = [np.mean([logits[which].mean() for _, which in clips.sets(fake)]) for fake in (False, True)]
        macro = np.mean([auc(logits[which], human) for _, which in clips.sets(True)])
        lines.append(f"| {name} | {auc(fakes, human):.3f} | {macro:.3f} | {means[0]:+.2f} | {means[1]:+.2f} | {np.median(np.abs(logits - clean)):.2f} | "
                     f"{share(human >= cut)} / {share(fakes < cut)} |")
    return lines


def evaluate(corpus_folder, package_folder, out, split):
    clips, package = Clips(Corpus(corpus_folder), split), Package(package_folder)
    decision = package.manifest["decision"]
    scores = {name: package.logits(make(clips.waves)) for name, make in CONDITIONS.items()}
    clean = scores[AS_IT_IS]
    lines = [f"# Results on the {split} split", "",
             f"{clips.fake.sum()} fake and {(~clips.fake).sum()} human clips ({clips.voices} voices) of at least 1 s; one window a clip (its first 10.24 s, most are shorter).",
             "Brackets: 95 % bootstrap bounds over clips. They do not cover the small number of voices and engines, which is the larger doubt.", "",
             "## Fake systems, each against all human clips of the split", "", *fakes_table(clips, clean, decision), "",
             "## Human sets, each against all fakes of the split", "", *humans_table(clips, clean, decision), "",
             "## What a probability is worth", "", "Both classes weighing alike, and so the systems and sets within one.", "", *reliability_table(clips, clean), "",
             "## How the score moves", "", "Means over systems of each class, so that no large set decides; probabilities at the calibrated logit.", "",
             *movement_table(clips, scores, decision)]
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
