"""Balanced batches of windows: half fake, half real, and within a class each system by its weight, not by its size.

A window of the wanted length is filled with clips of one speaker, joined, so the length of a clip says nothing about the window's;
long pauses are cut and pauses put in, by one law for all, so that silence says little. Then, alike for both classes and drawn per window:
frequencies moved up or down, dynamics squeezed or stretched, gain, a smooth equaliser, band limit, noise added as power, mel bands dropped. All of it in the mel domain,
where it costs nothing; the channels that need samples were applied by prepare.py.

Hard pairs: a share of the copy-synthesis windows come with their human twins in the same batch, cut at the same places and
augmented by the same draws, so that nothing but the synthesis tells the two apart.
"""

import csv
from pathlib import Path

import numpy as np
import torch

from features import DB_PER_UNIT, FLOOR, LEAST_FRAMES, MEL_BINS, denormalise, mel_corners, normalise, to_mel
from store import Corpus
from voices import Voices

PIECES = (60, 600)  # the longest that is taken of a clip at once, frames, drawn between them evenly in the logarithm
PAUSES = (8, 16, 30, 10_000)  # the longest pause left in a window, frames
SILENT = float(normalise(torch.tensor(FLOOR)))
CENTRES_HZ = mel_corners()[1:-1]
METER_FRAMES = 15
MOVED_SPREAD, MOVED_MOST = 0.06, 0.2  # of the logarithm of the factor: standard deviation, bound


class Frames:
    """All prepared frames of one split, in memory: float16 [total, 128] and per entry (row, pass, start, count).

    An engine that is left out is left out with every last stage (`ENGINE+STAGE`, see copies.py)."""

    def __init__(self, corpus_folder, folders, split, leave_out=(), passes=None):
        self.rows = Corpus(corpus_folder).rows
        self.entries, parts, at = [], [], 0
        for folder in map(Path, folders):
            with open(folder / "index.csv") as file:
                index = [r for r in csv.DictReader(file)]
            maps = {name: np.memmap(folder / name, dtype=np.float16, mode="r").reshape(-1, MEL_BINS) for name in {r["file"] for r in index}}
            for r in index:
                row = self.rows[int(r["row"])]
                if row["split"] != split or row["system"].split("+")[0] in leave_out or (passes is not None and int(r["pass"]) not in passes):
                    continue
                first, count = int(r["first"]), int(r["frames"])
                parts.append(maps[r["file"]][first:first + count])
                self.entries.append((int(r["row"]), int(r["pass"]), at, count))
                at += count
        if not parts:
            raise ValueError(f"no clip of the {split} split lies in {', '.join(map(str, folders))}")
        self.data = np.concatenate(parts)

    def frames(self, entry):
        _, _, start, count = entry
        return self.data[start:start + count]


class Sampler:
    """Draws training windows. `weights` maps a system to its share within its class (default 1), `twins` is the share of
    copies that bring their human twin along, `moved` that of windows whose frequencies are moved, `squeezed` that of windows whose dynamics
    are squeezed or stretched, and by how much at most. `alike`: clips are drawn so that cues of the recording say little about the class.
    Each window comes twice: as it arrived, and clear, the same cut of the clips as they were before any channel."""

    def __init__(self, frames, weights, seed, twins=0.0, moved=0.0, squeezed=(0.0, 0.0), alike=False):
        self.frames, self.twins, self.moved, self.squeezed = frames, twins, moved, squeezed
        self.entry_of = {(row, turn): (row, turn, at, count) for row, turn, at, count in frames.entries}
        self.draw = np.random.default_rng(seed)
        self.reached = None  # where the draws of a run that was cut off go on (lessons.py)
        self.voices = Voices(frames, weights, alike)

    def twins_of(self, clips):
        """The human entries that copies were made from, in the same order; none if one of them has no twin."""
        rows = [self.frames.rows[entry[0]]["twin"] for entry in clips]
        found = [self.entry_of.get((int(row), entry[1])) if row else None for row, entry in zip(rows, clips)]
        return found if all(found) else None

    def with_clear(self, entry):
        """float32 [T, 2, 128]: the frames of an entry, and of its clip in pass 0."""
        clear = self.entry_of[entry[0], 0]
        return np.stack([self.frames.frames(entry), self.frames.frames(clear)], axis=1).astype(np.float32)

    def window(self, clips, chances, count, draw):
        """Two float32 [count, 128]: entries of one voice joined, with pauses, by their chances and the choices of `draw`; augmented, and clear."""
        out, filled, most = np.empty((count, 2, MEL_BINS), np.float32), 0, int(draw.choice(PAUSES))
        pause = draw.integers(20, 300) if draw.random() < 0.3 else 0
        while filled < count:
            clip = self.with_clear(clips[np.searchsorted(chances, draw.random())])
            quiet = stillness(clip, min(pause, (count - filled) // 2), draw)
            out[filled:filled + len(quiet)] = quiet
            filled += len(quiet)
            clip = shorten_pauses(clip, most)
            take = min(count - filled, len(clip), int(np.exp(draw.uniform(*np.log(PIECES)))))
            start = int(draw.random() * (len(clip) - take + 1))
            out[filled:filled + take] = clip[start:start + take]
            filled += take
            pause = draw.integers(5, 60) if draw.random() < 0.5 else 0
        heard, clear = out[:, 0], out[:, 1]
        if draw.random() < self.moved:
            factor = float(np.exp(np.clip(draw.normal(0, MOVED_SPREAD), -MOVED_MOST, MOVED_MOST)))
            heard, clear = move_frequencies(heard, factor), move_frequencies(clear, factor)
        share, most_squeezed = self.squeezed
        if share and draw.random() < share:
            ratio = draw.uniform(-most_squeezed, most_squeezed)
            heard, clear = squeeze(heard, ratio), squeeze(clear, ratio)
        return augment(torch.from_numpy(np.ascontiguousarray(heard)), draw), torch.from_numpy(np.ascontiguousarray(clear))

    def pair(self, real_count, fake_count):
        """One real and one fake window, each with its system; of the same words, cuts and channel when they are twins."""
        (fakes, chances), (seed, other) = self.voices.one("fake", self.draw), self.draw.integers(1 << 40, size=2)
        humans = self.twins_of(fakes) if self.draw.random() < self.twins else None
        if humans:
            real_count, other = fake_count, seed
        voice = (humans, chances) if humans else self.voices.one("real", self.draw)
        real = self.window(*voice, real_count, np.random.default_rng(other))
        fake = self.window(fakes, chances, fake_count, np.random.default_rng(seed))
        return [(*window, self.frames.rows[clips[0][0]]["system"]) for window, clips in ((real, voice[0]), (fake, fakes))]

    def batch(self, size):
        """frames and clear frames float32 [size, T, 128] with zeros after each length, lengths int64 [size], labels float32 [size],
        systems [size]."""
        longest = int(np.exp(self.draw.uniform(np.log(130), np.log(700))))
        lengths = np.where(self.draw.random(size) < 0.6, longest, self.draw.integers(LEAST_FRAMES, longest + 1, size))
        frames, clear = torch.zeros(2, size, longest, MEL_BINS)
        systems = []
        for i in range(0, size, 2):
            for k, (window, before, system) in enumerate(self.pair(lengths[i], lengths[i + 1]), i):
                systems.append(system)
                lengths[k] = len(window)
                frames[k, :lengths[k]], clear[k, :lengths[k]] = window, before
        labels = torch.arange(size) % 2
        return frames, clear, torch.from_numpy(lengths.astype(np.int64)), labels.float(), systems


def shorten_pauses(clip, most):
    """Cuts every quiet run of a clip [T, 2, 128] to at most `most` frames. Quiet: mean dB over bins 18 dB under the loud frames'."""
    level = clip[:, 0].mean(axis=1)
    run, keep = 0, np.ones(len(clip), bool)
    for t, quiet in enumerate(level < np.percentile(level, 95) - 18.0 / DB_PER_UNIT):
        run = run + 1 if quiet else 0
        keep[t] = run <= most
    return clip[keep]


def stillness(clip, count, draw):
    """`count` frames of the clip's own background, or fainter, or digital silence; [count, 2, 128]."""
    level = clip[:, 0].mean(axis=1)
    quietest = clip[np.argsort(level)[:max(3, len(clip) // 12)]]
    frames = quietest[draw.integers(len(quietest), size=count)]
    kind = draw.random()
    return frames if kind < 0.5 else frames - draw.uniform(0, 3) if kind < 0.85 else np.full_like(frames, SILENT)


def move_frequencies(frames, factor):
    """Every frequency times `factor`, as of a longer or shorter vocal tract (VTLP, Jaitly and Hinton 2013), and so that the traces of a
    generator's own rates lie elsewhere; [T, 128] → [T, 128], linear between bins, the last bin beyond 8 kHz."""
    at = np.interp(to_mel(CENTRES_HZ / factor), to_mel(CENTRES_HZ), np.arange(MEL_BINS))
    low = np.minimum(at.astype(int), MEL_BINS - 2)
    share = (at - low).astype(np.float32)
    return frames[:, low] * (1 - share) + frames[:, low + 1] * share


def squeeze(frames, ratio):
    """Differences of level times 1 + ratio, as by a compressor or expander whose meter averages METER_FRAMES; [T, 128] → [T, 128]."""
    level = np.pad(frames.mean(axis=1), METER_FRAMES // 2, mode="edge")
    meter = np.convolve(level, np.full(METER_FRAMES, np.float32(1 / METER_FRAMES)), mode="valid")
    return frames + (ratio * (meter - np.percentile(meter, 95))).astype(np.float32)[:, None]


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
