"""Makes the sounds by which the speech gate is fitted and measured: speech, music, tones, noise and silence.

    python bench/speech-gate/sounds.py PACKAGES CORPUS OUT

PACKAGES holds one folder for each unpacked Debian package (`dpkg-deb -x`) with music or effects, named as the package.
CORPUS is what the model's recipe made (manifest.csv and waves.i16); its test split is left out.
OUT gets items.i16 (20.48 s each, 16 kHz) and items.json (kind, half, source, cond). The clean version of an item comes
before those made of it. Half "tune" is what the gate is fitted on, "report" what it is measured on.
Needs numpy, scipy, ffmpeg with libopenmpt, espeak-ng.
"""

import argparse
import csv
import glob
import json
import random
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np

from made_sounds import COUNT, at_peak, at_rms, noises, silences, tones
from signals import RATE, RNG, at_level, decode, g711, gain, pink, rms, tempo, whisper, white

TUNE_PACKAGES = {
    "frozen-bubble-data", "pingus-data", "zaz-data", "trackballs-data", "oxygen-sounds", "freedink-data", "tecnoballz-data", "ardentryst",
}
TUNE_SYSTEMS = {"human-asterisk-es", "human-asterisk-fr", "human-armelle-fr", "human-wake-words", "espeak-ng", "tortoise", "festival", "human-klettres"}
HALVED_SYSTEMS = {"human-librispeech", "vits-mimic3"}
BY_LANGUAGE = {"human-klettres", "human-ktuberling"}
FORMATS = ("ogg", "wav", "oga", "mp3", "it", "xm", "s3m", "mod")


class Items:
    def __init__(self, out):
        self.out, self.index = out, []
        self.file = open(out / "items.i16", "wb")

    def add(self, samples, kind, half, source, cond):
        samples = np.asarray(samples, float)[:COUNT]
        samples = np.pad(samples, (0, COUNT - len(samples)))
        self.file.write(np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int16).tobytes())
        self.index.append({"kind": kind, "half": half, "source": source, "cond": cond})

    def add_versions(self, versions, kind, half, source):
        for cond, samples in versions.items():
            self.add(samples, kind, half, source, cond)

    def close(self):
        self.file.close()
        (self.out / "items.json").write_text(json.dumps(self.index))


def seconds_of(path):
    words = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path]
    try:
        return float(subprocess.run(words, capture_output=True, text=True).stdout)
    except ValueError:
        return None


def music_and_effects(folder):
    """Up to 12 pieces of music of 21 s, and up to 40 short sounds, of 60 files drawn from a package."""
    files = [file for suffix in FORMATS for file in glob.glob(f"{folder}/**/*.{suffix}", recursive=True)]
    if folder.name == "fillets-ng-data":  # the rest of it is dialogue
        files = [file for file in files if "/music/" in file]
    random.shuffle(files)
    music, effects = [], []
    for file in files[:60]:
        seconds = seconds_of(file)
        if seconds is None:
            continue
        if seconds >= 12 and len(music) < 12:
            samples = decode(file, 21, min(max(0, seconds / 2 - 10), 60))
            if len(samples) > 8 * RATE and rms(samples) > 1e-4:
                music.append(samples)
        elif seconds < 8 and len(effects) < 40:
            samples = decode(file)
            if len(samples) > 0.1 * RATE:
                effects.append(samples)
    return music, effects


def add_packages(items, packages):
    for folder in sorted(path for path in packages.iterdir() if path.is_dir()):
        half = "tune" if folder.name in TUNE_PACKAGES else "report"
        music, effects = music_and_effects(folder)
        for samples in music:
            whole = at_level(np.tile(samples, 3)[:COUNT], -20)
            versions = {"clean": whole, "-45 dBFS": at_level(whole, -45), "G.711": g711(whole), "noise 20 dB": whole + white(COUNT) * gain(-40)}
            items.add_versions(versions, "music", half, folder.name)
        pause = np.zeros(int(RATE * 0.7))
        row = np.concatenate([part for samples in effects for part in (at_level(samples, -20)[: 5 * RATE], pause)] or [np.zeros(0)])
        for start in range(0, len(row) - COUNT // 2, COUNT):
            piece = np.clip(row[start : start + COUNT], -1, 1)
            piece = np.pad(piece, (0, COUNT - len(piece))) + white(COUNT) * 1e-4
            items.add_versions({"clean": piece, "G.711": g711(piece)}, "effects", half, folder.name)
        print(folder.name, half, len(music), len(effects), flush=True)


def add_made(items):
    for number, (name, samples) in enumerate(tones().items()):
        tone = at_peak(samples, -14) + white(COUNT) * 1e-4
        versions = {"clean": tone, "-45 dBFS": tone * gain(-28), "G.711": g711(tone), "noise 20 dB": tone + white(COUNT) * gain(-37)}
        items.add_versions(versions, "tones", "tune" if number % 2 else "report", name)
    for number, (name, samples) in enumerate(noises().items()):
        noise = at_rms(samples, -20)
        versions = {"clean": noise, "-45 dBFS": noise * gain(-25), "G.711": g711(noise)}
        items.add_versions(versions, "noise", "tune" if number % 2 else "report", name)
    for name, samples in silences().items():
        items.add(samples, "silence", "report", name, "clean")


class Speech:
    """The clips of a corpus but for its test split, by system and speaker; copy synthesis is left out."""

    def __init__(self, corpus):
        self.waves = np.memmap(corpus / "waves.i16", np.int16, "r")
        self.systems = defaultdict(lambda: defaultdict(list))
        with open(corpus / "manifest.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                system = row["system"]
                if row["split"] == "test" or system.startswith("copy-"):
                    continue
                name = f"{system}:{row['language']}" if system in BY_LANGUAGE else system
                self.systems[name][row["speaker"]].append((int(row["offset"]), int(row["samples"])))

    def joined(self, clips):
        """The clips with pauses, again and again, a second longer than an item, over faint noise."""
        parts, have = [], 0
        while have < COUNT + RATE:
            for offset, samples in clips:
                clip = at_level(self.waves[offset : offset + samples] / 32768.0, -20)
                pause = np.zeros(int(RATE * RNG.uniform(0.1, 0.6)))
                parts += [clip, pause]
                have += len(clip) + len(pause)
                if have >= COUNT + RATE:
                    break
        whole = np.concatenate(parts)
        return whole + white(len(whole)) * gain(-75)


def half_of(system, turn):
    if system in TUNE_SYSTEMS:
        return "tune"
    return "tune" if system in HALVED_SYSTEMS and turn % 2 else "report"


def clips_for(speakers, order, turn, turns, is_short):
    """Those of one speaker, or a share of all where speakers are few or their clips a word long."""
    clips = list(speakers[order[turn]]) if len(order) >= turns else [clip for speaker in order for clip in speakers[speaker]][turn::turns]
    random.shuffle(clips)
    return [clip for speaker in order[turn::turns] for clip in speakers[speaker]] if is_short else clips


def speech_versions(whole, turn, has_own_timing):
    samples = whole[:COUNT]
    versions = {
        "clean": samples,
        "-45 dBFS": samples * gain(-25),
        "-6 dBFS": np.clip(samples * gain(12), -0.9, 0.9),
        "G.711": g711(samples),
        "noise 20 dB": samples + pink(COUNT) * gain(-40),
        "noise 10 dB": samples + (white(COUNT) if turn % 2 else pink(COUNT)) * gain(-30),
    }
    if has_own_timing:
        versions["rate 0.8"] = at_level(tempo(whole, 0.8), -20)
        versions["rate 1.5"] = at_level(np.tile(tempo(whole, 1.5), 2), -20)
        versions["whisper"] = at_level(whisper(samples), -35) + white(COUNT) * gain(-75)
    return versions


def add_speech(items, corpus):
    speech = Speech(corpus)
    for name in sorted(speech.systems):
        speakers, system = speech.systems[name], name.split(":")[0]
        order, turns = sorted(speakers), 2 if ":" in name else 6
        random.shuffle(order)
        for turn in range(turns):
            whole = speech.joined(clips_for(speakers, order, turn, turns, system == "human-wake-words"))
            items.add_versions(speech_versions(whole, turn, ":" not in name or turn == 0), "speech", half_of(system, turn), name)
        print(name, len(order), flush=True)


def add_whispers(items, out):
    """espeak-ng's whisper in several languages."""
    text = "The quick brown fox jumps over the lazy dog, and then it sleeps. Nobody knows why it did that. " * 6
    for number, language in enumerate(["en-gb", "de", "fr", "es", "ru", "it"]):
        subprocess.run(["espeak-ng", "-v", language + "+whisper", "-w", out / "whisper.wav", text])
        samples = np.tile(at_level(decode(out / "whisper.wav"), -30), 3)[:COUNT] + white(COUNT) * 1e-4
        items.add(samples, "speech", "tune" if number % 2 else "report", "espeak-whisper", "whisper")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for folder in ("packages", "corpus", "out"):
        parser.add_argument(folder, type=Path)
    args = parser.parse_args()
    random.seed(5)
    made = Items(args.out)
    add_packages(made, args.packages)
    add_made(made)
    add_speech(made, args.corpus)
    add_whispers(made, args.out)
    made.close()
    print(len(made.index))
