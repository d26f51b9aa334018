"""Manifests of public sets, from the protocols that come with them: what `corpus.py --clips` and `earwitness evaluate` read.

    python public_sets.py asvspoof2019 /data/ASVspoof2019 --out /data/asvspoof2019/manifest.csv

The set lies under the folder as its own archives unpack. Rows have COLUMNS; a path is from the manifest's folder, `split` is
the set's own, and audio that is not there (a part that was not downloaded) is counted and left out.
"""

import argparse
import csv
import os
from pathlib import Path

COLUMNS = ["path", "label", "system", "speaker", "language", "licence", "split", "source"]
LABELS = {"bonafide": "real", "bona-fide": "real", "spoof": "fake"}
ODC_BY = "ODC-By 1.0"


def found(root, place):
    """All of `place` in the folder, or up to two folders deeper; at least one, or FileNotFoundError."""
    places = [path for depth in ("", "*/", "*/*/") for path in sorted(root.glob(depth + place))]
    if not places:
        raise FileNotFoundError(f"there is no {place} in {root}, nor up to two folders deeper")
    return places


def protocol(path, columns, separator=None):
    """The lines of a file without a header as dicts; a line that is too short is a ValueError that names it."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            cells = line.split(separator)
            if len(cells) < len(columns):
                raise ValueError(f"{path}, line {number}: {len(cells)} columns, not {len(columns)} ({' '.join(columns)}): {line.strip()}")
            yield dict(zip(columns, cells))


def row(path, label, system, **fields):
    """Who is human has no system; a speaker that the set does not name is left empty."""
    return {"path": path, "label": label, "system": system if label == "fake" else "", "speaker": "", "language": "", "split": "", **fields}


def in_any(folders, name):
    """Archives in parts may leave several folders of one name."""
    return next((folder / name for folder in folders if (folder / name).exists()), folders[0] / name)


def asvspoof2019(root):
    """Logical access. Protocol: speaker, file, -, attack, key."""
    for part, suffix, split in (("train", "trn", "train"), ("dev", "trl", "valid"), ("eval", "trl", "test")):
        lines = found(root, f"ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.{part}.{suffix}.txt")[0]
        audio = found(root, f"ASVspoof2019_LA_{part}/flac")
        for line in protocol(lines, ["speaker", "file", "_", "attack", "key"]):
            yield row(in_any(audio, line["file"] + ".flac"), LABELS[line["key"]], f"asvspoof2019-{line['attack']}",
                      speaker=line["speaker"], language="en", split=split)


def asvspoof2021(root):
    """Logical access and deepfake, with the full keys. Protocol: speaker, file, codec, source, attack, key, trim, phase, … All of it is for testing."""
    columns = ["speaker", "file", "codec", "source", "attack", "key", "trim", "phase"]
    for track in ("LA", "DF"):
        try:
            lines, audio = found(root, f"keys/{track}/CM/trial_metadata.txt")[0], found(root, f"ASVspoof2021_{track}_eval/flac")
        except FileNotFoundError:
            continue
        for line in protocol(lines, columns):
            yield row(in_any(audio, line["file"] + ".flac"), LABELS[line["key"]], f"asvspoof2021-{line['attack']}",
                      speaker=line["speaker"], language="en", split="test")


def asvspoof5(root):
    """Track 1. Protocol: speaker, file, gender, codec, its quality and seed, attack's tag and label, key, …"""
    columns = ["speaker", "file", "gender", "codec", "quality", "seed", "tag", "attack", "key"]
    for name, folder, split in (("train", "flac_T", "train"), ("dev.track_1", "flac_D", "valid"), ("eval.track_1", "flac_E_eval", "test")):
        try:
            lines, audio = found(root, f"ASVspoof5.{name}.tsv")[0], found(root, folder)
        except FileNotFoundError:
            continue
        for line in protocol(lines, columns):
            yield row(in_any(audio, line["file"] + ".flac"), LABELS[line["key"]], f"asvspoof5-{line['attack']}",
                      speaker=line["speaker"], language="en", split=split)


def in_the_wild(root):
    """Public figures; which engines made the fakes is not known. meta.csv: file, speaker, label."""
    meta = found(root, "meta.csv")[0]
    with open(meta, encoding="utf-8") as file:
        for line in csv.DictReader(file):
            yield row(meta.parent / line["file"], LABELS[line["label"]], "in-the-wild", speaker=line["speaker"], language="en")


def wavefake(root):
    """A folder for each corpus and vocoder; their human twins are in LJSpeech and JSUT, which are taken if they lie there too."""
    languages = {"ljspeech": "en", "common": "en", "jsut": "ja"}
    for folder in sorted(path for place in found(root, "generated_audio") for path in place.iterdir() if path.is_dir()):
        corpus = folder.name.split("_")[0]
        speaker = "jsut" if corpus == "jsut" else "ljspeech"
        for path in sorted(folder.rglob("*.wav")):
            yield row(path, "fake", f"wavefake-{folder.name}", speaker=speaker, language=languages.get(corpus, ""))
    for place, speaker, language in (("LJSpeech-1.1/wavs", "ljspeech", "en"), ("jsut_ver1.1/basic5000/wav", "jsut", "ja")):
        for folder in (path for depth in ("", "*/") for path in root.glob(depth + place)):
            for path in sorted(folder.glob("*.wav")):
                yield row(path, "real", "", speaker=speaker, language=language)


def mlaad(root):
    """Fakes alone: fake/LANGUAGE/MODEL/meta.csv, parted by |, with path, original_file, language, model_name, …"""
    for fakes in found(root, "fake"):
        for meta in sorted(fakes.glob("*/*/meta.csv")):
            with open(meta, encoding="utf-8") as file:
                for line in csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE):
                    yield row(meta.parent / Path(line["path"]).name, "fake", f"mlaad-{meta.parent.name}", language=line["language"])


def shin(root, fake_label, audio):
    """012shin/fake-audio-detection-augmented, downloaded as Parquet with the columns audio and label. Which label is fake must be said: cards
    that use the set contradict each other. What is in the Parquet is unpacked to the folder `audio`. Needs pyarrow."""
    import pyarrow.parquet as parquet

    audio.mkdir(parents=True, exist_ok=True)
    for file in sorted(root.rglob("*.parquet")):
        split = "test" if "test" in file.name else "train"
        for number, batch in enumerate(parquet.ParquetFile(file).iter_batches(256, columns=["audio", "label"])):
            for index, line in enumerate(batch.to_pylist()):
                suffix = Path(line["audio"]["path"] or "x.wav").suffix
                path = audio / f"{file.stem}-{number * 256 + index:06d}{suffix}"
                path.write_bytes(line["audio"]["bytes"])
                yield row(path, "fake" if int(line["label"]) == fake_label else "real", "012shin", split=split)


SETS = {
    "asvspoof2019": (asvspoof2019, ODC_BY), "asvspoof2021": (asvspoof2021, ODC_BY), "asvspoof5": (asvspoof5, ODC_BY),
    "in-the-wild": (in_the_wild, "Apache-2.0"), "wavefake": (wavefake, "CC BY-SA 4.0"), "mlaad": (mlaad, "CC BY-NC 4.0"),
    "012shin": (shin, "see the set's page"),
}


def write_manifest(name, root, out, **options):
    """Writes the manifest; returns how many rows it has and how many recordings were missing. None at all is a FileNotFoundError."""
    read, licence = SETS[name]
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = list(read(root, **options))
    there = [{**line, "path": os.path.relpath(line["path"], out.parent), "licence": licence, "source": f"{name}:{line['path'].stem}"}
             for line in rows if line["path"].exists()]
    if not there:
        raise FileNotFoundError(f"none of the {len(rows)} recordings that {name} names lies in {root}")
    with open(out, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(there)
    return len(there), len(rows) - len(there)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fake-label", type=int, choices=[0, 1], help="012shin: which of its labels is fake")
    args = parser.parse_args()
    if args.set == "012shin" and args.fake_label is None:
        parser.error("012shin needs --fake-label 0 or 1: cards that use it contradict each other")
    extra = {"fake_label": args.fake_label, "audio": args.out.parent / "audio"} if args.set == "012shin" else {}
    count, missing = write_manifest(args.set, args.folder, args.out, **extra)
    print(f"{count} recordings in {args.out}" + (f"; {missing} are named and not there" if missing else ""))
