"""Balanced batches of windows: half fake, half real, and within a class each system by its weight, not by its size.

A window of the wanted length is filled with clips of one speaker, joined, so the length of a clip says nothing about it.
Then, alike for both classes and drawn per window: gain, a smooth equaliser, band limit, noise added as power, mel bands
dropped. All of it in the mel domain, where it costs nothing; the channels that need samples were applied by prepare.py.
"""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from features import DB_PER_UNIT, FLOOR, LEAST_FRAMES, MEL_BINS, WINDOW_FRAMES, denormalise, normalise
from store import Corpus

SILENT = float(normalise(torch.tensor(FLOOR)))


class Frames:
    """All prepared frames of one split, in memory: float16 [total, 128] and per entry (row, pass, start, count)."""

    def __init__(self, corpus_folder, folders, split, leave_out=(), passes=None):
        self.rows = Corpus(corpus_folder).rows
        self.entries, parts, at = [], [], 0
        for folder in map(Path, folders):
            with open(folder / "index.csv") as file:
                index = [r for r in csv.DictReader(file)]
            maps = {name: np.memmap(folder / name, dtype=np.float16, mode="r").reshape(-1, MEL_BINS) for name in {r["file"] for r in index}}
            for r in index:
                row = self.rows[int(r["row"])]
                if row["split"] != split or row["system"] in leave_out or (passes is not None and int(r["pass"]) not in passes):
                    continue
                first, count = int(r["first"]), int(r["frames"])
                parts.append(maps[r["file"]][first:first + count])
                self.entries.append((int(r["row"]), int(r["pass"]), at, count))
                at += count
        self.data = np.concatenate(parts)

    def frames(self, entry):
        _, _, start, count = entry
        return self.data[start:start + count]


class Sampler:
    """Draws training windows. `weights` maps a system to its share within its class (default 1)."""

    def __init__(self, frames, weights, seed):
        self.frames = frames
        self.draw = np.random.default_rng(seed)
        self.groups = {"real": defaultdict(lambda: defaultdict(list)), "fake": defaultdict(lambda: defaultdict(list))}
        for entry in frames.entries:
            row = frames.rows[entry[0]]
            self.groups[row["label"]][row["system"]][row["speaker"], entry[1]].append(entry)
        self.systems, self.shares, self.speakers = {}, {}, {}
        for label, systems in self.groups.items():
            names = sorted(systems)
            share = np.array([weights.get(n, 1.0) for n in names])
            self.systems[label], self.shares[label] = names, share / share.sum()
            for name in names:
                keys = list(systems[name])
                sizes = np.sqrt([sum(e[3] for e in systems[name][k]) for k in keys])
                self.speakers[label, name] = (keys, sizes / sizes.sum())

    def window(self, label, count):
        """float32 [count, 128]: one speaker of one system."""
        system = self.draw.choice(self.systems[label], p=self.shares[label])
        keys, share = self.speakers[label, system]
        clips = self.groups[label][system][keys[self.draw.choice(len(keys), p=share)]]
        out, filled = np.empty((count, MEL_BINS), np.float32), 0
        while filled < count:
            clip = self.frames.frames(clips[self.draw.integers(len(clips))])
            take = min(count - filled, len(clip))
            start = self.draw.integers(len(clip) - take + 1)
            out[filled:filled + take] = clip[start:start + take]
            filled += take
        return out

    def batch(self, size):
        """frames float32 [size, T, 128] with zeros after each length, lengths int64 [size], labels float32 [size]."""
        longest = int(np.exp(self.draw.uniform(np.log(160), np.log(WINDOW_FRAMES * 0.9))))
        lengths = np.where(self.draw.random(size) < 0.6, longest, self.draw.integers(LEAST_FRAMES, longest + 1, size))
        labels = np.arange(size) % 2
        frames = torch.zeros(size, longest, MEL_BINS)
        for i in range(size):
            clip = torch.from_numpy(self.window("fake" if labels[i] else "real", lengths[i]))
            frames[i, :lengths[i]] = augment(clip, self.draw)
        return frames, torch.from_numpy(lengths.astype(np.int64)), torch.from_numpy(labels.astype(np.float32))


def smooth_curve(draw, points, spread):
    """A random curve over the mel bins with `points` support points, float32 [128]."""
    curve = np.interp(np.linspace(0, 1, MEL_BINS), np.linspace(0, 1, points), draw.normal(0, spread, points))
    return torch.from_numpy(curve.astype(np.float32))


def augment(frames, draw):
    """The same random channel for any window, in the mel domain; [T, 128] → [T, 128]."""
    if draw.random() < 0.7:
        frames = frames + smooth_curve(draw, int(draw.integers(3, 9)), draw.uniform(1, 6)) / DB_PER_UNIT
    if draw.random() < 0.5:
        power = denormalise(frames)
        shape = torch.pow(10.0, smooth_curve(draw, 4, 8.0) / 10)
        grain = -torch.log(torch.rand(frames.shape).clamp(min=1e-6))  # a noise's periodogram is exponential
        grain = 0.5 * grain + 0.5
        level = power.mean() * 10 ** (-draw.uniform(12, 50) / 10)
        frames = normalise(power + level * shape * grain)
    if draw.random() < 0.3:
        cut = int(draw.integers(72, MEL_BINS))
        frames = frames.clone()
        frames[:, cut:] -= draw.uniform(10, 60) / DB_PER_UNIT
    frames = frames + draw.uniform(-15, 15) / DB_PER_UNIT
    frames = frames.clamp(min=SILENT)
    for _ in range(int(draw.integers(0, 3))):
        width = int(draw.integers(4, 20))
        low = int(draw.integers(0, MEL_BINS - width))
        frames[:, low:low + width] = frames[:, low:low + width].mean() - draw.uniform(0, 3)
    return frames
