"""Makes the sounds by which the speech gate is fitted and measured: speech, music, tones, noise and silence.

    python bench/speech-gate/sounds.py PACKAGES CORPUS OUT

PACKAGES holds one folder for each unpacked Debian package (`dpkg-deb -x`), named as the package: PACKAGES of this file.
CORPUS is what the model's recipe made (manifest.csv and waves.i16); its test split is left out.
OUT gets items.i16 (20.48 s each, 16 kHz) and items.json (kind, half, source, cond). The clean version of an item comes
before those made of it. Needs numpy, scipy, ffmpeg with libopenmpt, espeak-ng.
"""

import collections
import csv
import glob
import json
import os
import random
import subprocess
import sys

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import resample_poly, lfilter, butter, sosfilt

PACKAGES, CORPUS, OUT = sys.argv[1:]
R = 16000
N = int(20.48 * R)
rng = np.random.default_rng(5)
random.seed(5)
out = open(os.path.join(OUT, "items.i16"), "wb")
index = []


def db(x):
    return 10 ** (x / 20)


def rms(x):
    return np.sqrt(np.mean(x**2) + 1e-12)


def active_rms(x):
    f = x[: len(x) // 160 * 160].reshape(-1, 160)
    e = np.mean(f**2, 1)
    t = np.max(e) * 1e-3
    return np.sqrt(np.mean(e[e > t]) + 1e-12)


def add(
    x,
    kind,
    half,
    source,
    cond,
):
    x = np.asarray(x, float)[:N]
    if len(x) < N:
        x = np.pad(x, (0, N - len(x)))
    q = np.clip(np.round(x * 32767), -32768, 32767).astype(np.int16)
    out.write(q.tobytes())
    index.append(dict(kind=kind, half=half, source=source, cond=cond))


def g711(x):
    y = resample_poly(x, 1, 2)
    y = sosfilt(butter(4, [300, 3400], "bandpass", fs=8000, output="sos"), y)
    m = np.sign(y) * np.log1p(255 * np.minimum(np.abs(y), 1)) / np.log(256)
    m = np.round(m * 127) / 127
    y = np.sign(m) * (256 ** np.abs(m) - 1) / 255
    return resample_poly(y, 2, 1)


def white(n):
    return rng.standard_normal(n)


def pink(n):
    f = np.fft.rfftfreq(n)
    s = np.fft.rfft(white(n))
    s[1:] /= np.sqrt(f[1:])
    s[0] = 0
    y = np.fft.irfft(s, n)
    return y / rms(y)


def at(x, d):
    return x * db(d) / active_rms(x)


def decode(path, seconds=None, start=0):
    a = (
        ["ffmpeg", "-v", "error", "-nostdin"]
        + (["-ss", str(start)] if start else [])
        + ["-i", path]
        + (["-t", str(seconds)] if seconds else [])
        + ["-ac", "1", "-ar", "16000", "-f", "s16le", "-"]
    )
    r = subprocess.run(a, capture_output=True)
    return np.frombuffer(r.stdout, np.int16) / 32768.0


def tempo(x, k):
    r = subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "s16le",
            "-ar",
            "16000",
            "-ac",
            "1",
            "-i",
            "-",
            "-af",
            f"atempo={k}",
            "-f",
            "s16le",
            "-",
        ],
        input=(x * 20000 / np.max(np.abs(x) + 1e-9)).astype(np.int16).tobytes(),
        capture_output=True,
    )
    return np.frombuffer(r.stdout, np.int16) / 32768.0


def whisper(x):
    y = np.zeros(len(x) + 400)
    w = np.hanning(400)
    pre = lfilter([1, -0.95], [1], x)
    for s in range(0, len(x) - 400, 100):
        f = pre[s : s + 400] * w
        e = rms(f)
        if e < 1e-5:
            continue
        r = np.correlate(f, f, "full")[399 : 399 + 19]
        r[0] *= 1.001
        try:
            a = solve_toeplitz(r[:18], r[1:19])
        except Exception:
            continue
        g = lfilter([1], np.r_[1, -a], white(400))
        g *= e / rms(g)
        y[s : s + 400] += g * w
    return lfilter([1], [1, -0.6], y[: len(x)])


# ---- music and effects
tuneP = {
    "frozen-bubble-data",
    "pingus-data",
    "zaz-data",
    "trackballs-data",
    "oxygen-sounds",
    "freedink-data",
    "tecnoballz-data",
    "ardentryst",
}
for d in sorted(glob.glob(os.path.join(PACKAGES, "*/"))):
    p = os.path.basename(d[:-1])
    half = "tune" if p in tuneP else "report"
    fs = [
        f
        for e in ("ogg", "wav", "oga", "mp3", "it", "xm", "s3m", "mod")
        for f in glob.glob(d + "**/*." + e, recursive=True)
    ]
    fs = [f for f in fs if not (p == "fillets-ng-data" and "/music/" not in f)]
    random.shuffle(fs)
    music = []
    short = []
    for f in fs[:60]:
        r = subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", f],
            capture_output=True,
            text=True,
        ).stdout.strip()
        try:
            L = float(r)
        except:
            continue
        if L >= 12 and len(music) < 12:
            x = decode(f, 21, min(max(0, L / 2 - 10), 60))
            if len(x) > 8 * R and rms(x) > 1e-4:
                music.append(x)
        elif L < 8 and len(short) < 40:
            x = decode(f)
            if len(x) > 0.1 * R:
                short.append(x)
    for x in music:
        x = at(np.tile(x, 3)[:N], -20)
        for c, y in (
            ("clean", x),
            ("-45 dBFS", at(x, -45)),
            ("G.711", g711(x)),
            ("noise 20 dB", x + white(N) * db(-40)),
        ):
            add(y, "music", half, p, c)
    s = []
    for x in short:
        s += [at(x, -20)[: 5 * R], np.zeros(int(R * 0.7))]
    s = np.concatenate(s) if s else np.zeros(0)
    for k in range(0, len(s) - N // 2, N):
        x = np.clip(s[k : k + N], -1, 1)
        x = np.pad(x, (0, N - len(x))) + white(N) * 1e-4
        for c, y in (("clean", x), ("G.711", g711(x))):
            add(y, "effects", half, p, c)
    print(p, half, len(music), len(short), flush=True)
# ---- tones
t = np.arange(N) / R


def tn(*fs):
    return sum(np.sin(2 * np.pi * f * t) for f in fs) / len(fs)


def gate(on, off):
    return ((t % (on + off)) < on) * 1.0


def notes(fs, d, dec=3.0, harm=1):
    y = np.zeros(N)
    for i, s in enumerate(np.arange(0, 20.48, d)):
        a = int(s * R)
        n = min(int(d * R), N - a)
        tt = np.arange(n) / R
        f = fs[i % len(fs)]
        y[a : a + n] = (
            sum(np.sin(2 * np.pi * f * h * tt) / h for h in range(1, harm + 1))
            * np.exp(-tt * dec)
            * np.minimum(1, tt * 200)
        )
    return y


D = [(697, 1209), (697, 1336), (770, 1477), (852, 1209), (941, 1336), (770, 1209)]


def dtmf(on, off):
    y = np.zeros(N)
    for i, s in enumerate(np.arange(0, 20.4, on + off)):
        a = int(s * R)
        n = min(int(on * R), N - a)
        tt = np.arange(n) / R
        f = D[(i * 7) % 6]
        y[a : a + n] = sum(np.sin(2 * np.pi * q * tt) for q in f) / 2
    return y


tones = {
    "dial us": tn(350, 440),
    "dial eu": tn(425),
    "busy us": tn(480, 620) * gate(0.5, 0.5),
    "busy eu": tn(425) * gate(0.48, 0.48),
    "ring us": tn(440, 480) * gate(2, 4),
    "ring eu": tn(425) * gate(1, 4),
    "ring uk": tn(400, 450) * (((t % 3) < 0.4) | (((t % 3) > 0.6) & ((t % 3) < 1))),
    "congestion": tn(480, 620) * gate(0.25, 0.25),
    "dtmf slow": dtmf(0.2, 0.2),
    "dtmf fast": dtmf(0.08, 0.08),
    "sit": np.where((t % 2) < 0.33, tn(950), np.where((t % 2) < 0.66, tn(1400), np.where((t % 2) < 1, tn(1800), 0))),
    "call waiting": tn(440) * gate(0.3, 2.7),
    "ansam": np.sign(np.sin(2 * np.pi * t / 0.9)) * tn(2100) * (1 + 0.2 * np.sin(2 * np.pi * 15 * t)),
    "fax cng": tn(1100) * gate(0.5, 3),
    "beep 1k": tn(1000) * gate(0.1, 0.9),
    "hum 50": sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 12)),
    "sweep": np.sin(2 * np.pi * (100 * t + 90 * t * t)),
    "siren": np.sin(2 * np.pi * 700 * t - 120 * np.cos(2 * np.pi * 1 * t) * 2),
    "warble am 4": tn(440) * (1 + np.sin(2 * np.pi * 4 * t)) / 2,
    "warble fsk": np.sin(np.cumsum(2 * np.pi * np.where((t % 0.2) < 0.1, 800, 1000) / R)),
    "scale sine": notes([262, 294, 330, 349, 392, 440, 494, 523], 0.4),
    "scale harm": notes([262, 330, 392, 523, 392, 330], 0.3, 3, 8),
    "arpeggio fast": notes([440, 554, 659, 880], 0.12, 5, 5),
    "saw": sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 30)),
    "square pulses": np.sign(tn(300)) * gate(0.15, 0.15),
    "v21": np.sin(np.cumsum(2 * np.pi * np.where(rng.integers(0, 2, 6200).repeat(54)[:N] > 0, 980, 1180) / R)),
}
for i, (k, x) in enumerate(tones.items()):
    half = "tune" if i % 2 else "report"
    x = np.clip(x / np.max(np.abs(x)) * db(-14), -1, 1) + white(N) * 1e-4
    for c, y in (("clean", x), ("-45 dBFS", x * db(-28)), ("G.711", g711(x)), ("noise 20 dB", x + white(N) * db(-37))):
        add(y, "tones", half, k, c)


# ---- noise
def clicks(rate):
    y = np.zeros(N)
    for s in np.cumsum(rng.exponential(1 / rate, int(rate * 21))):
        a = int(s * R)
        n = min(400, N - a)
        if n > 0:
            y[a : a + n] += white(n) * np.exp(-np.arange(n) / 60) * rng.uniform(0.3, 1)
    return y + white(N) * 0.003


brown = lambda n: (lambda y: y / rms(y))(lfilter([1], [1, -0.995], white(n)))
slow = lambda hz: np.abs(lfilter([1 - 0.9999], [1, -0.9999], white(N)))
noises = {
    "white": white(N),
    "pink": pink(N),
    "brown": brown(N),
    "band 300-3400": sosfilt(butter(4, [300, 3400], "bandpass", fs=R, output="sos"), white(N)),
    "clicks 8/s": clicks(8),
    "clicks 3/s": clicks(3),
    "wind": brown(N) * (0.2 + slow(1) / np.max(slow(1))),
    "waves": pink(N) * (0.55 + 0.45 * np.sin(2 * np.pi * 0.2 * t)),
    "hum+hiss": 0.3 * white(N) + sum(np.sin(2 * np.pi * 60 * k * t) / k for k in range(1, 9)),
    "am 4 Hz": white(N) * (1 + np.sin(2 * np.pi * 4 * t)) / 2,
    "on/off .5 s": white(N) * gate(0.5, 0.5),
    "fan": sosfilt(butter(2, [80, 900], "bandpass", fs=R, output="sos"), white(N))
    * (1 + 0.2 * np.sin(2 * np.pi * 23 * t)),
    "rustle": sosfilt(butter(2, 2000, "highpass", fs=R, output="sos"), white(N))
    * np.clip(lfilter([0.003], [1, -0.997], white(N)) * 8, 0, 3),
    "breath": sosfilt(butter(2, [400, 4000], "bandpass", fs=R, output="sos"), white(N))
    * np.maximum(0, np.sin(2 * np.pi * 0.3 * t)) ** 2,
}
for i, (k, x) in enumerate(noises.items()):
    half = "tune" if i % 2 else "report"
    x = x / rms(x) * db(-20)
    for c, y in (("clean", x), ("-45 dBFS", x * db(-25)), ("G.711", g711(x))):
        add(y, "noise", half, k, c)
for k, x in {"zeros": np.zeros(N), "last bit": rng.uniform(-1, 1, N) / 32768, "-85 dBFS": white(N) * db(-85)}.items():
    add(x, "silence", "report", k, "clean")
# ---- speech
W = np.memmap(os.path.join(CORPUS, "waves.i16"), np.int16, "r")
rows = [r for r in csv.DictReader(open(os.path.join(CORPUS, "manifest.csv"))) if r["split"] != "test"]
by = collections.defaultdict(lambda: collections.defaultdict(list))
for r in rows:
    s = r["system"]
    if s.startswith("copy-"):
        continue
    by[s + (":" + r["language"] if s in ("human-klettres", "human-ktuberling") else "")][r["speaker"]].append(r)
T = {
    "human-asterisk-es",
    "human-asterisk-fr",
    "human-armelle-fr",
    "human-wake-words",
    "espeak-ng",
    "tortoise",
    "festival",
}


def joined(rs):
    xs = []
    n = 0
    while n < N + R:
        for r in rs:
            x = W[int(r["offset"]) : int(r["offset"]) + int(r["samples"])] / 32768.0
            x = at(x, -20)
            g = np.zeros(int(R * rng.uniform(0.1, 0.6)))
            xs += [x, g]
            n += len(x) + len(g)
            if n >= N + R:
                break
    x = np.concatenate(xs)
    return x + white(len(x)) * db(-75)


for name in sorted(by):
    sp = by[name]
    spk = sorted(sp)
    random.shuffle(spk)
    base = name.split(":")[0]
    k = 2 if ":" in name else 6
    for i in range(k):
        if base in T or base == "human-klettres":
            half = "tune"
        elif base in ("human-librispeech", "vits-mimic3"):
            half = "tune" if i % 2 else "report"
        else:
            half = "report"
        if len(spk) >= k:
            rs = list(sp[spk[i]])
        else:
            rs = [r for s in spk for r in sp[s]][i::k]
        random.shuffle(rs)
        if base == "human-wake-words":
            rs = [r for s in spk[i::k] for r in sp[s]]
        x = joined(rs)
        y = x[:N]
        conds = [
            ("clean", y),
            ("-45 dBFS", y * db(-25)),
            ("-6 dBFS", np.clip(y * db(12), -0.9, 0.9)),
            ("G.711", g711(y)),
            ("noise 20 dB", y + pink(N) * db(-40)),
            ("noise 10 dB", y + (white(N) if i % 2 else pink(N)) * db(-30)),
        ]
        if ":" not in name or i == 0:
            conds += [
                ("rate 0.8", at(tempo(x, 0.8), -20)),
                ("rate 1.5", at(np.tile(tempo(x, 1.5), 2), -20)),
                ("whisper", at(whisper(y), -35) + white(N) * db(-75)),
            ]
        for c, z in conds:
            add(z, "speech", half, name, c)
    print(name, len(spk), flush=True)
# espeak's whisper, several voices
for i, v in enumerate(["en-gb", "de", "fr", "es", "ru", "it"]):
    txt = "The quick brown fox jumps over the lazy dog, and then it sleeps. Nobody knows why it did that. " * 6
    subprocess.run(["espeak-ng", "-v", v + "+whisper", "-w", os.path.join(OUT, "whisper.wav"), txt])
    x = at(decode(os.path.join(OUT, "whisper.wav")), -30)
    add(np.tile(x, 3)[:N] + white(N) * 1e-4, "speech", "tune" if i % 2 else "report", "espeak-whisper", "whisper")
json.dump(index, open(os.path.join(OUT, "items.json"), "w"))
print(len(index))
