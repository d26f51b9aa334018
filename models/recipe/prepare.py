"""Turns a corpus into frames ready to train on: passes of the channel chain, then log-mel, kept as float16.

    python prepare.py --corpus CORPUS --out FRAMES [--passes 3] [--workers 2]

Pass 0 is the clip as it is, at a random level, one in ten overdriven; the others go through channels.process. A copy meets the same channel as its
human twin in the same pass, so that only the vocoder tells the two apart. Writes FRAMES/frames-K.f16 per worker chunk and FRAMES/index.csv (row of the corpus, pass, file, first frame, frames).
"""

import argparse
import csv
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from channels import after_codec, process
from features import mel_frames
from store import Corpus

CHUNK = 300


def prepare_chunk(job):
    """One chunk of clips through one pass; returns the index rows."""
    corpus_folder, out, number, rows, turn, seed = job
    torch.set_num_threads(1)
    corpus = Corpus(corpus_folder)
    waves = [corpus.wave(i) for i in rows]
    seeds = [(seed, turn, int(corpus.rows[i]["twin"] or i)) for i in rows]
    waves = process(waves, seeds) if turn else [after_codec(wave, np.random.default_rng(s)) for wave, s in zip(waves, seeds)]
    index, at = [], 0
    with open(Path(out) / f"frames-{number}.f16", "wb") as file:
        for row, wave in zip(rows, waves):
            frames = mel_frames(torch.from_numpy(np.ascontiguousarray(wave))).half().numpy()
            file.write(frames.tobytes())
            index.append((row, turn, f"frames-{number}.f16", at, len(frames)))
            at += len(frames)
    return index


def prepare(corpus_folder, out, passes, workers, splits, seed=7):
    Path(out).mkdir(parents=True, exist_ok=True)
    corpus = Corpus(corpus_folder)
    rows = [i for i, row in enumerate(corpus.rows) if row["split"] in splits]
    np.random.default_rng(seed).shuffle(rows)
    jobs = []
    for turn in passes:
        for start in range(0, len(rows), CHUNK):
            jobs.append((corpus_folder, out, len(jobs), rows[start:start + CHUNK], turn, seed))
    with ProcessPoolExecutor(workers) as pool:
        parts = list(pool.map(prepare_chunk, jobs))
    with open(Path(out) / "index.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "pass", "file", "first", "frames"])
        for part in parts:
            writer.writerows(part)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--splits", nargs="+", default=["train", "valid"])
    args = parser.parse_args()
    prepare(args.corpus, args.out, range(args.passes), args.workers, args.splits)
