"""Writes the model package: ONNX, manifest with calibration and thresholds, golden input.

    python export.py --corpus CORPUS --frames FRAMES [...] --run RUN [--left-out RUN ...] --out ../default

Calibration (Platt scaling on the logit) and the thresholds come from the validation split, and the calibration is moved as
much as it moves for engines that a run left out: what people meet is an engine that the model never heard.
"""

import argparse
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import soundfile
import torch
from scipy.optimize import minimize

from alarms import MARGIN, human_tracks, thresholds
from batches import Frames
from checkpoints import shipped, teachers
from features import FFT_SIZE, FLOOR, HOP_SAMPLES, LEAST_FRAMES, MEL_BINS, OFFSET, SAMPLE_RATE, SCALE, WINDOW_FRAMES, mel_frames
from incremental import write_incremental
from leave_out import left_out_scores
from network import RECEPTIVE
from quiet_onnxruntime import onnxruntime
from speech import resample, trim
from train import score_entries

VERSION = "0.9.0"
LEAST_SCALE, LARGEST_SCALE = 0.01, 10.0
LARGEST_THRESHOLD = 0.99
FLAGGED = 0.05  # of validation humans, at the threshold


def write_onnx(model, path):
    """One file, opset 17, dynamic batch, fixed window of 1024 frames."""
    frames, length = torch.randn(2, WINDOW_FRAMES, MEL_BINS), torch.tensor([WINDOW_FRAMES, 300])
    torch.onnx.export(model, (frames, length), str(path), input_names=["frames", "length"], output_names=["fakeLogit"],
                      dynamic_axes={"frames": {0: "batch"}, "length": {0: "batch"}, "fakeLogit": {0: "batch"}},
                      opset_version=17, dynamo=False)
    graph = onnx.load(path)
    onnx.checker.check_model(graph)
    graph.doc_string = "earwitness-small: mel frames to fake logit"
    onnx.save(graph, path)


def golden_frames():
    """About 1.7 s of espeak-ng speech as mel frames, float32 [n, 128]."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["espeak-ng", "-v", "en-us", "-w", file.name, "This voice was made by a machine."], check=True)
        data, rate = soundfile.read(file.name, dtype="float32")
    samples = trim(resample(data, rate, SAMPLE_RATE))
    return mel_frames(torch.from_numpy(samples.copy())).numpy()[:200]


def alone(model, frames):
    window = torch.zeros(1, WINDOW_FRAMES, MEL_BINS)
    window[0, :len(frames)] = torch.from_numpy(frames)
    with torch.no_grad():
        return float(model(window, torch.tensor([len(frames)]))[0])


def check(model, path):
    """onnxruntime against PyTorch, and a window alone against the same window in a batch; raises on a difference."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    draw = np.random.default_rng(5)
    frames = draw.normal(-2, 1.5, (7, WINDOW_FRAMES, MEL_BINS)).astype(np.float32)
    lengths = np.array([1024, 100, 81, 337, 1023, 500, 101], np.int64)
    for row, count in zip(frames, lengths):
        row[count:] = 0.0
    together = session.run(None, {"frames": frames, "length": lengths})[0]
    single = np.concatenate([session.run(None, {"frames": frames[i:i + 1], "length": lengths[i:i + 1]})[0] for i in range(7)])
    with torch.no_grad():
        torch_says = model(torch.from_numpy(frames), torch.from_numpy(lengths)).numpy()
    assert together.shape == (7,)
    print("batch against alone", np.abs(together - single).max(), "onnxruntime against torch", np.abs(together - torch_says).max())
    assert np.abs(together - single).max() <= 1e-5 and np.abs(together - torch_says).max() <= 1e-3


def validation_scores(model, corpus, folders, without=()):
    """Logits, labels and weights over the validation split: every system of a class counts the same, all copies together as one."""
    held = Frames(corpus, folders, "valid", without)
    logits, labels, systems = [], [], []
    for longest in (200, 400, WINDOW_FRAMES):
        logits.append(score_entries(model, held, held.entries, longest))
        labels += [held.rows[e[0]]["label"] == "fake" for e in held.entries]
        systems += ["copy" if s.startswith("copy-") else s for s in (held.rows[e[0]]["system"] for e in held.entries)]
    labels, systems = np.array(labels), np.array(systems)
    weights = np.zeros(len(labels))
    for label in (False, True):
        names = set(systems[labels == label])
        for name in names:
            chosen = (systems == name) & (labels == label)
            weights[chosen] = 1.0 / chosen.sum() / len(names)
    return np.concatenate(logits), labels, weights


def calibrate(logits, labels, weights):
    """(scale, bias) that minimise the weighted cross-entropy, classes equally likely. A model that is wrong more often than right is not turned round: its
    scale is LEAST_SCALE, by which it says nothing. Of one that is never wrong it is LARGEST_SCALE, not without bounds."""
    sign = np.where(labels, 1.0, -1.0)

    def cost(p):
        return np.sum(weights * np.logaddexp(0.0, -sign * (p[0] * logits + p[1]))) / weights.sum()

    best = minimize(cost, [1.0, 0.0], method="Nelder-Mead", bounds=[(LEAST_SCALE, LARGEST_SCALE), (None, None)]).x
    return float(best[0]), float(best[1])


def for_unheard(scale, bias, runs, corpus, folders):
    """(scale, bias) moved from engines that were heard to engines that were not: in each run of `runs`, logits calibrated on
    its heard engines are fitted again on the engine that it left out; the mean of these second fits is applied to the first."""
    seconds = []
    for run in runs:
        teacher, engines = teachers(run, "last")
        fakes, humans = left_out_scores(teacher, engines, corpus, folders)
        if not fakes:
            continue  # the corpus has nothing of that engine
        heard = calibrate(*validation_scores(teacher, corpus, folders, engines))
        logits = [heard[0] * x + heard[1] for x in (*fakes.values(), *humans.values())]
        weights = [np.full(len(x), 1 / len(x) / len(group)) for group in (fakes, humans) for x in group.values()]
        labels = np.arange(len(logits)) < len(fakes)
        seconds.append(calibrate(np.concatenate(logits), np.repeat(labels, [len(x) for x in logits]), np.concatenate(weights)))
        print(f"{run}: heard engines {heard[0]:.3f} {heard[1]:+.3f}, then for the engine left out {seconds[-1][0]:.3f} {seconds[-1][1]:+.3f}")
    again, shift = np.mean(seconds, axis=0) if seconds else (1.0, 0.0)
    return float(again * scale), float(again * bias + shift)


def verdict_threshold(model, corpus, folders, scale, bias):
    """The lowest probability from 0.5 on, in hundredths, that at most FLAGGED of the validation humans reach, clean and through a
    channel, every set counting the same."""
    held = Frames(corpus, folders, "valid", passes=(0, 1))
    entries = [entry for entry in held.entries if held.rows[entry[0]]["label"] == "real"]
    fake = 1 / (1 + np.exp(-(scale * score_entries(model, held, entries) + bias)))
    systems = np.array([held.rows[entry[0]]["system"] for entry in entries])
    shares = {t: np.mean([np.mean(fake[systems == name] >= t) for name in set(systems)]) for t in np.arange(50, 100) / 100}
    return float(next((t for t, share in shares.items() if share <= FLAGGED), LARGEST_THRESHOLD))


def export(corpus, folders, run, runs_without, out):
    torch.set_num_threads(2)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    model = shipped(run)
    onnx_path = out / "model.fp32.onnx"
    write_onnx(model, onnx_path)
    check(model, onnx_path)
    incremental, parts = write_incremental(model, out)
    frames = np.ascontiguousarray(golden_frames(), np.float32)
    np.save(out / "golden.npy", frames)
    logits, labels, weights = validation_scores(model, corpus, folders)
    scale, bias = for_unheard(*calibrate(logits, labels, weights), runs_without, corpus, folders)
    tracks, hours = human_tracks(model, Frames(corpus, folders, "valid"), scale, bias)
    threshold = verdict_threshold(model, corpus, folders, scale, bias)
    raise_at, clear_at = thresholds(tracks, threshold)
    manifest = {
        "name": "earwitness-small", "version": VERSION, "licence": "Apache-2.0", "card": "README.md",
        "frontend": {"kind": "torchaudio-mel", "sampleRate": SAMPLE_RATE, "fftSize": FFT_SIZE, "hopSamples": HOP_SAMPLES, "melBins": MEL_BINS,
                     "lowHz": 0, "highHz": 8000, "floor": FLOOR, "offset": OFFSET, "scale": SCALE},
        "input": {"tensor": "frames", "frames": WINDOW_FRAMES, "padding": "length", "lengthTensor": "length", "leastFrames": LEAST_FRAMES},
        "output": {"tensor": "fakeLogit", "kind": "logit", "fake": "positive"},
        "calibration": {"scale": round(scale, 4), "bias": round(bias, 4),
                        "fittedOn": "validation split of the recipe, then moved as far as runs without an engine were wrong about that engine; "
                                    "systems weighted alike, classes equally likely"},
        "decision": {"threshold": threshold, "raise": raise_at, "clear": clear_at, "leastSpeechSeconds": 0.5,
                     "fittedOn": f"threshold: {100 * FLAGGED:g} % of validation humans flagged; alerts: {hours:.1f} hours of validation human speech "
                                 f"as streams, clean and through channels: none raised, and a margin of {MARGIN:g} in logits"},
        "files": [{"path": "model.fp32.onnx", "precision": "fp32", "providers": ["cpu", "webgpu", "cuda"],
                   "sha256": hashlib.sha256(onnx_path.read_bytes()).hexdigest(), "parts": parts}],
        "incremental": incremental,
        "golden": {"input": "golden.npy", "fakeLogit": round(alone(model, frames), 6), "tolerance": 1e-3},
    }
    (out / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(json.dumps({k: manifest[k] for k in ("calibration", "decision", "golden")}), "receptive", RECEPTIVE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--frames", nargs="+", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--left-out", nargs="*", default=[], help="runs of train.py --leave-out")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    export(args.corpus, args.frames, args.run, args.left_out, args.out)
