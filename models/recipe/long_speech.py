"""One long recording of human speech, voice after voice, as a microphone that is never switched off hears it, for `earwitness evaluate`.

    python long_speech.py --corpus CORPUS --split valid --out FOLDER
    earwitness evaluate FOLDER/manifest.csv

Every voice of the split speaks once, all that there is of it, at one level; an hour at most.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import soundfile

from inserts import LEVEL_DB, Voices, joined
from channels import set_level
from speech import RATE
from store import Corpus

MOST_SECONDS = 3600


def make(corpus, split, out, seed=23):
    out.mkdir(parents=True, exist_ok=True)
    draw, voices = np.random.default_rng(seed), Voices(corpus, split).rows["real"]
    keys = sorted(voices)
    pieces = [set_level(joined([corpus.wave(index) for index in voices[keys[turn]]]), LEVEL_DB) for turn in draw.permutation(len(keys))]
    soundfile.write(out / "hour.flac", joined(pieces)[:MOST_SECONDS * RATE], RATE)
    with open(out / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerows([["path", "label", "system"], ["hour.flac", "real", f"{len(keys)} voices"]])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--split", choices=["valid", "test"], default="valid")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    make(Corpus(args.corpus), args.split, args.out)
