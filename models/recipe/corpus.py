"""Builds the corpus: a folder of labelled clips with a manifest, Debian packages, and classical synthesis.

    python corpus.py --clips CLIPS --packages UNPACKED --out CORPUS

CLIPS holds a manifest.csv with path,label,system,source,licence, perhaps speaker,language,split; more than one may be given. `public_sets.py`
writes such manifests. Where they name no speaker, `speaker_and_language` reads it from the source; where no split, `splits.py` says it.
Both classes are trimmed alike; beeps and clips under half a second of speech are left out.
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

import soundfile

from debian import read_packages
from speech import is_speech, resample, trim
from splits import split_of
from store import Writer
from synthesisers import all_classical

KNOWN = {"label": ("fake", "real"), "split": ("", "train", "valid", "test")}
VCTK_CLONES = ("vctk_low/sample_p225", "vctk_low/sample_p226", "vctk_low/sample_p227", "vctk_low/sample_p228")


def speaker_and_language(system, source, recording):
    """What a clip's source tells of its voice; unknown speakers count as one per recording."""
    path = source.partition(":")[2]
    parts = path.split("/")
    if system == "human-librispeech":
        return "libri-" + parts[-1].split("-")[0], "en"
    if system == "human-vctk":
        return "vctk-" + parts[1], "en"
    if system == "tortoise":
        return "tortoise-" + Path(parts[-1]).stem, "en"
    if system == "vits-mimic3":
        return "vits-" + "/".join(parts[1:]), parts[1][:2]
    if system == "glowtts-hifigan-larynx":
        return "larynx-" + "/".join(parts[1:3]), parts[1][:2]
    if "AISHELL3" in path:
        return "aishell-" + parts[-1][:7], "zh"
    return f"{system}-{Path(recording).with_suffix('')}", "en"


def rows_of(manifest):
    """The rows of a manifest; a ValueError names the first line that cannot be used."""
    with open(manifest, encoding="utf-8") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            for name in ("path", "label", "system", "source", "licence"):
                if row.get(name) is None:
                    raise ValueError(f"{manifest}, line {line}: no {name}")
            for name, known in KNOWN.items():
                if (row.get(name) or "") not in known:
                    raise ValueError(f"{manifest}, line {line}: {name} is {row[name]!r}, not {' or '.join(filter(None, known))}")
            if row["label"] == "fake" and not row["system"]:
                raise ValueError(f"{manifest}, line {line}: a fake without a system")
            yield row


def clips(folder):
    for row in rows_of(Path(folder) / "manifest.csv"):
        if row["label"] == "fake" and any(name in row["source"] for name in VCTK_CLONES):
            continue  # voices cloned from the human test speakers
        data, rate = soundfile.read(Path(folder) / row["path"], dtype="float32", always_2d=True)
        system = row["system"] or "human-" + row["source"].split(":")[0]
        speaker, language = speaker_and_language(system, row["source"], row["path"])
        yield resample(data.mean(axis=1), rate, 16_000), dict(
            label=row["label"], system=system, speaker=row.get("speaker") or speaker, language=row.get("language") or language,
            licence=row["licence"], source=row["source"], split=row.get("split") or "")


def build(clip_folders, packages, out):
    writer = Writer(out)
    dropped = Counter()

    def keep(wave, row):
        wave = trim(wave)
        if not is_speech(wave):
            dropped[row["system"]] += 1
            return
        writer.add(wave, **{**row, "split": row.get("split") or split_of(row)})

    for folder in clip_folders:
        for wave, row in clips(folder):
            keep(wave, row)
    for wave, row in read_packages(packages) if packages else ():
        keep(wave, {**row, "label": "real"})
    for wave, row in all_classical():
        keep(wave, {**row, "label": "fake"})
    writer.close()
    minutes, counts = Counter(), Counter()
    for row in writer.rows:
        minutes[row["split"], row["label"], row["system"]] += row["samples"] / 16_000 / 60
        counts[row["split"], row["label"], row["system"]] += 1
    for key in sorted(minutes):
        print(*key, f"{counts[key]} clips", f"{minutes[key]:.1f} min", sep="\t")
    print("dropped", dict(dropped))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", action="append", default=[])
    parser.add_argument("--packages")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    build(args.clips, args.packages, args.out)
