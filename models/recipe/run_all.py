"""The whole recipe in one command: corpus, vocoders, copies, frames, training, export, probe, evaluation.

    python run_all.py --clips CLIPS --packages UNPACKED --work WORK --out ../default

Each stage is skipped if its output exists in WORK, so a run can be resumed. The seeds are in the stages and in config.json;
stages that stop by the clock (vocoders, training) depend on the machine.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
VOCODER_MINUTES = {"istft": 12, "upsample": 13, "nearest": 6}
GROWN_MINUTES = {"istft": 20, "upsample": 20}
LEFT_OUT = ("glowtts-hifigan-larynx", "vits-mimic3")


def stage(program, *words, made=None):
    """Runs one program of this folder unless `made` is there already."""
    if made and Path(made).exists():
        return
    print("==", program, *words, flush=True)
    subprocess.run([sys.executable, str(HERE / program), *map(str, words)], check=True)


def run_all(clips, packages, work, out):
    base, full = work / "corpus", work / "corpus-copies"
    sources = [word for folder in clips for word in ("--clips", folder)]
    stage("corpus.py", *sources, "--packages", packages, "--out", base, made=base / "manifest.csv")
    for kind, minutes in VOCODER_MINUTES.items():
        stage("vocoders.py", "--corpus", base, "--kind", kind, "--minutes", minutes, "--out", work / "vocoders", made=work / "vocoders" / f"{kind}.pt")
    for kind, minutes in GROWN_MINUTES.items():
        stage("vocoders.py", "--corpus", base, "--kind", kind, "--minutes", minutes, "--out", work / "vocoders", "--grown",
              made=work / "vocoders" / f"{kind}-grown.pt")
    stage("copies.py", "--corpus", base, "--vocoders", work / "vocoders", "--out", full, made=full / "manifest.csv")
    stage("prepare.py", "--corpus", full, "--out", work / "frames", made=work / "frames" / "index.csv")
    data = ["--corpus", full, "--frames", work / "frames"]
    without = [work / f"run-without-{system}" for system in LEFT_OUT]
    for system, run in zip(LEFT_OUT, without):
        stage("train.py", *data, "--out", run, "--leave-out", system, "--steps", 1000, made=run / "last.pt")
        stage("leave_out.py", *data, "--run", run)
    stage("train.py", *data, "--out", work / "run", made=work / "run" / "last.pt")
    stage("export.py", *data, "--run", work / "run", "--left-out", *without, "--out", out)
    stage("probe.py", *data)
    stage("evaluate.py", "--corpus", full, "--package", out, "--out", HERE / "results.md")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", action="append", required=True)
    parser.add_argument("--packages", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE.parent / "default")
    args = parser.parse_args()
    run_all(args.clips, args.packages, args.work, args.out)
