"""Long human recordings with three seconds of a fake in them, and the same with three seconds of another human, for `earwitness evaluate`.

    python inserts.py --corpus CORPUS --split valid --out FOLDER
    earwitness evaluate FOLDER/manifest.csv

A recording is clips of one voice, joined, with one insert between its 6th and 14th second, in the quietest place nearby and as
loud as the voice around it. Where a human is inserted the row is real: an alert there was raised by the splice or the voice.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile

from channels import set_level
from speech import RATE, levels
from store import Corpus

COLUMNS = ["path", "label", "system", "speaker", "language", "licence", "onset", "end"]
INSERT_SECONDS = 3.0
HOST_SECONDS = 20.0
EARLIEST_SECONDS, LATEST_SECONDS = 6.0, 14.0
NEARBY_SECONDS = 0.75
FADE = 80  # samples
LEVEL_DB = -26.0


def joined(pieces):
    """Pieces end to end, each over the end of the one before by a fade of 5 ms."""
    out, up = pieces[0], np.linspace(0.0, 1.0, FADE, dtype=np.float32)
    for piece in pieces[1:]:
        seam = out[-FADE:] * (1.0 - up) + piece[:FADE] * up
        out = np.concatenate([out[:-FADE], seam, piece[FADE:]])
    return out


def quiet_place(samples, seconds):
    """The middle of the quietest 50 ms within NEARBY_SECONDS of a time, as a sample."""
    hop = RATE // 100
    first = int((seconds - NEARBY_SECONDS) * RATE) // hop * hop
    loud = levels(samples[first:int((seconds + NEARBY_SECONDS) * RATE)], hop)
    return first + hop * (int(np.argmin(np.convolve(loud, np.ones(5), "valid"))) + 2)


def with_insert(host, insert, seconds):
    """(samples, onset, end): `insert` between the two parts of `host`, times in seconds."""
    at = quiet_place(host, seconds)
    whole = joined([host[:at], insert, host[at:]])
    return whole, (at - FADE) / RATE, (at - FADE + len(insert)) / RATE


class Voices:
    """The clips of one split, by label, system and speaker."""

    def __init__(self, corpus, split):
        self.corpus = corpus
        self.rows = {"real": defaultdict(list), "fake": defaultdict(list)}
        for index, row in enumerate(corpus.rows):
            if row["split"] == split and row["samples"] >= RATE // 2:
                self.rows[row["label"]][row["system"], row["speaker"]].append(index)

    def lasting(self, label, seconds):
        """The (system, speaker) pairs that have this much speech."""
        return [key for key, rows in sorted(self.rows[label].items())
                if sum(self.corpus.rows[i]["samples"] - FADE for i in rows) >= seconds * RATE]

    def speech(self, label, key, seconds, draw):
        """Clips of one voice in random order, joined, cut to `seconds` and brought to one level."""
        pieces, have = [], 0
        for index in draw.permutation(self.rows[label][key]):
            if have >= (seconds + 0.1) * RATE:
                break
            pieces.append(set_level(self.corpus.wave(index), LEVEL_DB))
            have += len(pieces[-1]) - FADE
        return set_level(joined(pieces)[:int(seconds * RATE)], LEVEL_DB)


def choose(keys, draw, avoid=None):
    """A system first, then one of its speakers, so that no large set decides."""
    systems = sorted({system for system, speaker in keys if speaker != avoid})
    system = systems[draw.integers(len(systems))]
    speakers = [key for key in keys if key[0] == system and key[1] != avoid]
    return speakers[draw.integers(len(speakers))]


def make(corpus, split, out, per_system, seed=17):
    out.mkdir(parents=True, exist_ok=True)
    draw, voices = np.random.default_rng(seed), Voices(corpus, split)
    hosts, humans = voices.lasting("real", HOST_SECONDS + 0.2), voices.lasting("real", INSERT_SECONDS + 0.2)
    fakes = voices.lasting("fake", INSERT_SECONDS + 0.2)
    if not hosts or not fakes:
        raise SystemExit(f"the {split} split needs a human voice of {HOST_SECONDS:g} s and a fake one of {INSERT_SECONDS:g} s; "
                         f"it has {len(hosts)} and {len(fakes)}: give corpus.py more clips")
    plan = [(system, "fake") for system in sorted({system for system, _ in fakes}) for _ in range(per_system)]
    plan += [("another human", "real")] * (len(plan) // 2)
    rows = []
    for number, (system, label) in enumerate(plan):
        host = choose(hosts, draw)
        keys = [key for key in fakes if key[0] == system] if label == "fake" else humans
        insert = voices.speech(label, choose(keys, draw, avoid=host[1] if label == "real" else None), INSERT_SECONDS, draw)
        wave, onset, end = with_insert(voices.speech("real", host, HOST_SECONDS, draw), insert, draw.uniform(EARLIEST_SECONDS, LATEST_SECONDS))
        path = f"{number:04d}.flac"
        soundfile.write(out / path, wave, RATE)
        fields = corpus.rows[voices.rows["real"][host][0]]
        row = {"path": path, "label": label, "system": system, "speaker": host[1], "language": fields["language"], "licence": fields["licence"]}
        rows.append({**row, "onset": round(onset, 3), "end": round(end, 3)} if label == "fake" else row)
    with open(out / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    print(f"{len(rows)} recordings, {sum(row['label'] == 'fake' for row in rows)} with a fake of {INSERT_SECONDS:g} s, in {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--split", choices=["valid", "test"], default="valid")
    parser.add_argument("--per-system", type=int, default=12)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    make(Corpus(args.corpus), args.split, args.out, args.per_system)
