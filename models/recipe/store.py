"""A corpus on disk: one file of 16-bit samples at 16 kHz, and one row per clip saying what it is.

`waves.i16` holds all clips end to end; `manifest.csv` has COLUMNS. Everything downstream reads only these two.
"""

import csv
from pathlib import Path

import numpy as np

COLUMNS = ["label", "system", "speaker", "language", "licence", "source", "split", "twin", "offset", "samples"]


class Writer:
    """Appends clips to a corpus folder. `add` returns the row's index."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows = []
        self.end = 0
        self.file = open(self.folder / "waves.i16", "wb")

    def add(self, samples, **fields):
        """samples: float32 [n] in -1..1 at 16 kHz; fields: COLUMNS without offset and samples."""
        whole = np.clip(np.round(np.asarray(samples) * 32767.0), -32768, 32767).astype("<i2")
        self.file.write(whole.tobytes())
        self.rows.append({**{"twin": "", "split": ""}, **fields, "offset": self.end, "samples": len(whole)})
        self.end += len(whole)
        return len(self.rows) - 1

    def close(self):
        self.file.close()
        write_rows(self.folder / "manifest.csv", self.rows)


def write_rows(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, COLUMNS)
        out.writeheader()
        out.writerows(rows)


class Corpus:
    """Read side: `rows` (dicts, offset and samples as int) and `wave(i)` → float32 [n]."""

    def __init__(self, folder):
        folder = Path(folder)
        with open(folder / "manifest.csv", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        for row in self.rows:
            row["offset"], row["samples"] = int(row["offset"]), int(row["samples"])
        self.data = np.memmap(folder / "waves.i16", dtype="<i2", mode="r")

    def wave(self, index):
        row = self.rows[index]
        return self.data[row["offset"]:row["offset"] + row["samples"]].astype(np.float32) / 32768.0
