"""The whole recipe in one command: corpus, vocoders, copies, frames, training, export, probe, evaluation.

    python run_all.py --clips CLIPS --packages UNPACKED --fargan opus-1.5.2/fargan_demo --lyra LYRA --releases RELEASES --work WORK --out ../default
    python run_all.py --clips SOME --packages FEW --work /tmp/rehearsal --share 0.02

The second line rehearses with a fiftieth of the work of each stage, some clips and a package or two (validation needs the long voice of
asterisk-core-sounds-ru-g722): a model that knows nothing, with every file in its place. Each stage is skipped if its output exists in
WORK, so a run can be resumed. The seeds are in the stages and in config.json, and no stage stops by the clock: a second run on the same kind of machine
gives the same files bit by bit: `diff -rq WORK WORK2` prints nothing.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import adversarial
import converter
import vocoders

HERE = Path(__file__).parent
COPIES = 600  # of each vocoder
LEFT_OUT_STEPS = 1000
LEFT_OUT = {"kokoro": ("kokoro",), "vits": ("vits-mimic3", "vits-piper")}


def stage(program, *words, made=None):
    """Runs one program of this folder unless `made` is there already."""
    if made and Path(made).exists():
        return
    print("==", program, *words, flush=True)
    subprocess.run([sys.executable, str(HERE / program), *map(str, words)], check=True)


def at_least(least, count):
    return max(least, round(count))


def run_all(clips, packages, fargan, lyra, releases, work, out, share):
    base, full, trained, tables = work / "corpus", work / "corpus-copies", work / "vocoders", HERE if share == 1 else work
    sources = [word for folder in clips for word in ("--clips", folder)]
    sources += ["--packages", packages] if packages else []
    last_stages = ["--vocoders", trained, *(["--fargan", fargan] if fargan else []), *(["--lyra", lyra] if lyra else [])]
    stage("corpus.py", *sources, "--out", base, made=base / "manifest.csv")
    for program, kinds in (("vocoders.py", vocoders.STEPS), ("adversarial.py", adversarial.STEPS)):
        for kind, steps in kinds.items():
            stage(program, "--corpus", base, "--kind", kind, "--steps", at_least(8, share * steps), "--out", trained, made=trained / f"{kind}.pt")
    stage("converter.py", "--corpus", base, "--steps", at_least(8, share * converter.STEPS), "--out", trained, made=trained / "converter.pt")
    stage("copies.py", "--corpus", base, *last_stages, "--out", full, "--count", at_least(20, share * COPIES), made=full / "manifest.csv")
    stage("prepare.py", "--corpus", full, "--out", work / "frames", made=work / "frames" / "index.csv")
    data = ["--corpus", full, "--frames", work / "frames"]
    without = [work / f"run-without-{engine}" for engine in LEFT_OUT]
    for systems, run in zip(LEFT_OUT.values(), without):
        stage("train.py", *data, "--out", run, "--leave-out", *systems, "--steps", at_least(5, share * LEFT_OUT_STEPS))
        stage("leave_out.py", *data, "--run", run)
    stage("train.py", *data, "--out", work / "run", "--share", share, *(["--releases", releases] if releases else []))
    stage("export.py", *data, "--run", work / "run", "--left-out", *without, "--out", out)
    stage("probe.py", *data)
    stage("evaluate.py", "--corpus", full, "--package", out, "--out", tables / "results.md")
    stage("judge.py", "--corpus", full, "--package", out, "--work", work / "judged", "--out", tables / "robustness.md")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", action="append", required=True)
    parser.add_argument("--packages", help="Debian's packages, unpacked; without them only the clips and classical synthesis")
    parser.add_argument("--fargan", type=Path, help="fargan_demo of opus' source; without it no copies by that vocoder")
    parser.add_argument("--lyra", type=Path, help="folder of Lyra's three networks; without it no engine is heard through that codec")
    parser.add_argument("--releases", type=Path, help="folder of earlier releases' files, which teach as well; without it the run's own teachers alone")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="of the package; without it ../default, of a rehearsal WORK/package")
    parser.add_argument("--share", type=float, default=1.0, help="of the work of each stage; below 1 a rehearsal, its tables are in WORK")
    args = parser.parse_args()
    package = args.out or (HERE.parent / "default" if args.share == 1 else args.work / "package")
    run_all(args.clips, args.packages, args.fargan, args.lyra, args.releases, args.work, package, args.share)
