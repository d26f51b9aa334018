"""How a package does on the live path: what channels do to its scores, how well it places a fake of three seconds in human speech,
and whether an hour of human speech raises alerts.

    python judge.py --corpus CORPUS --package ../default --work JUDGED --out robustness.md [--split test]

Makes recordings of a split (validation unless it is said: choices are made there; the test split is for the figures of the card,
once), has the built `earwitness evaluate` judge them as streams, and writes the tables. The reports in full stay in JUDGED.
"""

import argparse
import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import soundfile

import inserts
import long_speech
from live_tables import channel_table, insert_table, long_line
from speech import RATE
from store import Corpus

ROOT = Path(__file__).parents[2]
LEAST_SECONDS = 1.5
COLUMNS = ["path", "label", "system", "speaker", "language", "licence"]


def write_clips(corpus, split, out, per_system, seed=19):
    """So many clips of each system and human set, of as many speakers as there are, as FLAC files with a manifest."""
    out.mkdir(parents=True, exist_ok=True)
    draw, chosen = np.random.default_rng(seed), {}
    for index in draw.permutation(len(corpus.rows)):
        row = corpus.rows[index]
        if row["split"] == split and row["samples"] >= LEAST_SECONDS * RATE:
            chosen.setdefault(row["system"], {}).setdefault(row["speaker"], []).append(index)
    rows = []
    for system, speakers in sorted(chosen.items()):
        turns = [clips[turn] for turn in range(per_system) for clips in speakers.values() if turn < len(clips)]
        for index in turns[:per_system]:
            soundfile.write(out / f"{index:06d}.flac", corpus.wave(index), RATE)
            rows.append({"path": f"{index:06d}.flac", **{key: corpus.rows[index][key] for key in COLUMNS[1:]}})
    with open(out / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)


def evaluated(manifest, package, *words):
    """The report of `earwitness evaluate --json`, which is also kept beside the manifest."""
    report = manifest.with_name("report.json")
    with open(report, "w", encoding="utf-8") as file:
        program = [os.environ.get("NODE", "node"), str(ROOT / "dist/src/cli/main.js")]
        subprocess.run([*program, "evaluate", str(manifest), "--model", str(package), "--json", *words], stdout=file, check=True)
    return json.loads(report.read_text())


def judge(corpus_folder, package, work, out, split, per_system, per_insert):
    corpus = Corpus(corpus_folder)
    write_clips(corpus, split, work / "clips", per_system)
    inserts.make(corpus, split, work / "inserts", per_insert)
    long_speech.make(corpus, split, work / "hour")
    channels = evaluated(work / "clips" / "manifest.csv", package, "--channels")
    placed, hour = (evaluated(work / name / "manifest.csv", package) for name in ("inserts", "hour"))
    model = channels["model"]
    lines = [f"# {model['name']} {model['version']} on the live path, {split} split", "", f"Made by `models/recipe/judge.py --per-system {per_system} --per-insert {per_insert}`.", "",
             "## What channels do to the scores", "", *channel_table(channels), "",
             "## Three seconds of a fake in human speech", "", *insert_table(placed), "",
             "## An hour of human speech", "", long_line(hour), ""]
    Path(out).write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--package", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--split", choices=["valid", "test"], default="valid")
    parser.add_argument("--per-system", type=int, default=40, help="clips of each system and human set")
    parser.add_argument("--per-insert", type=int, default=12, help="inserts of each system")
    args = parser.parse_args()
    judge(args.corpus, args.package, args.work, args.out, args.split, args.per_system, args.per_insert)
