"""The same chain of channels for both classes: room, noise and its suppression, bandwidth, codec, level, clipping.

The chain knows neither label nor system, so none of its traces can say which class a clip is of. Per-clip steps work on
float32 samples at 16 kHz. Codecs run through ffmpeg on many clips joined, which costs one process instead of hundreds.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.signal import fftconvolve, istft, lfilter, stft

from speech import RATE, decode, levels, resample

GAP = 4000  # samples of silence between joined clips

# name → (ffmpeg encoder options, file suffix, options needed to decode)
CODECS = {
    "mulaw": (["-ar", "8000", "-c:a", "pcm_mulaw"], "wav", []),
    "alaw": (["-ar", "8000", "-c:a", "pcm_alaw"], "wav", []),
    "gsm": (["-ar", "8000", "-c:a", "libgsm"], "gsm", []),
    "g722": (["-c:a", "g722", "-f", "g722"], "g722", ["-f", "g722"]),
    "opus-6": (["-c:a", "libopus", "-b:a", "6k", "-application", "voip"], "ogg", []),
    "opus-9": (["-c:a", "libopus", "-b:a", "9k", "-application", "voip"], "ogg", []),
    "opus-12": (["-c:a", "libopus", "-b:a", "12k", "-application", "voip"], "ogg", []),
    "opus-16": (["-c:a", "libopus", "-b:a", "16k", "-application", "voip"], "ogg", []),
    "opus-24": (["-c:a", "libopus", "-b:a", "24k"], "ogg", []),
    "opus-40": (["-c:a", "libopus", "-b:a", "40k"], "ogg", []),
    "mp3-32": (["-c:a", "libmp3lame", "-b:a", "32k"], "mp3", []),
    "mp3-64": (["-ar", "22050", "-c:a", "libmp3lame", "-b:a", "64k"], "mp3", []),
    "mp3-128": (["-ar", "44100", "-c:a", "libmp3lame", "-b:a", "128k"], "mp3", []),
    "vorbis-1": (["-ar", "22050", "-c:a", "libvorbis", "-q:a", "1"], "ogg", []),
    "vorbis-4": (["-ar", "44100", "-c:a", "libvorbis", "-q:a", "4"], "ogg", []),
    "aac-32": (["-c:a", "aac", "-b:a", "32k"], "m4a", []),
    "aac-64": (["-ar", "44100", "-c:a", "aac", "-b:a", "64k"], "m4a", []),
}
# How often each family is drawn; its members share that. Calls are Opus and G.711, files are MP3 and AAC.
FAMILY_SHARES = {"opus": 0.36, "mp3": 0.2, "aac": 0.12, "mulaw": 0.08, "alaw": 0.06, "vorbis": 0.08, "g722": 0.05, "gsm": 0.05}


def speech_level(samples):
    """Mean power of the louder pieces, in dB re full scale: a simple active speech level."""
    loud = levels(samples)
    return float(10 * np.log10(np.mean(10 ** (loud[loud > np.max(loud) - 25] / 10)) + 1e-12))


def set_level(samples, db):
    """Brings active speech to `db` re full scale, then clips at full scale as any 16-bit path would."""
    return np.clip(samples * 10 ** ((db - speech_level(samples)) / 20), -1.0, 1.0).astype(np.float32)


def room(samples, draw):
    """An exponentially decaying noise as impulse response: 0.05–0.5 s reverberation time, direct sound kept."""
    seconds = draw.uniform(0.05, 0.5)
    time = np.arange(int(seconds * RATE)) / RATE
    tail = draw.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    tail *= 10 ** (draw.uniform(-15, 0) / 20) / np.sqrt(np.sum(tail ** 2))
    tail[0] = 1.0
    return fftconvolve(samples, tail)[:len(samples)].astype(np.float32)


def noise(count, draw):
    """White to brown noise, sometimes with mains hum or slow swells; float32 [count], about unit power. Of its own `draw`: how much it takes
    depends on the count, and twins whose lengths differ a little are to meet the same channel after it."""
    pole, hums, swells = draw.choice([0.0, 0.5, 0.9, 0.98]), draw.random() < 0.2, draw.random() < 0.3
    hum, phases = draw.choice([50.0, 60.0]) * np.arange(1, 6), draw.uniform(0, 6, 5)
    points = draw.uniform(0.2, 1.0, 2 + count // RATE)
    out = lfilter([1.0], [1.0, -pole], draw.standard_normal(count))
    if hums:
        out = out / np.std(out) + sum(np.sin(2 * np.pi * f * np.arange(count) / RATE + phase) / k for k, (f, phase) in enumerate(zip(hum, phases), 1))
    if swells:
        out = out * np.interp(np.arange(count), np.linspace(0, count, len(points)), points)
    return (out / np.std(out)).astype(np.float32)


def add_noise(samples, draw, low_db=8.0, high_db=45.0):
    gain = 10 ** ((speech_level(samples) - draw.uniform(low_db, high_db)) / 20)
    return samples + gain * noise(len(samples), np.random.default_rng(draw.integers(1 << 40)))


def suppress_noise(samples, draw):
    """As calls and sound editors do it: every frequency less its own floor (spectral subtraction, Boll 1979), with or without the
    warble that an unsmoothed gain leaves."""
    shape = {"fs": RATE, "nperseg": 512, "noverlap": 384}
    spectrum = stft(samples, **shape)[2]
    power = np.abs(spectrum) ** 2
    floor = draw.uniform(1.5, 8.0) * np.quantile(power, 0.2, axis=1, keepdims=True)
    gain = np.sqrt(np.maximum(1.0 - floor / (power + 1e-12), 10 ** (draw.uniform(-40, -8) / 10)))
    if draw.random() < 0.5:
        gain = uniform_filter(gain, (3, 5))
    return istft(gain * spectrum, **shape)[1][:len(samples)].astype(np.float32)


def through_rate(samples, draw):
    """Down to a lower rate and back: the top of the spectrum is lost."""
    rate = int(draw.choice([8000, 8000, 11025, 12000, 14000]))
    back = resample(resample(samples, RATE, rate), rate, RATE)
    return back[:len(samples)]


def tilt(samples, draw):
    """A microphone's colour: a random first-order shelf and a random low cut."""
    samples = lfilter([1.0, draw.uniform(-0.6, 0.6)], [1.0, draw.uniform(-0.3, 0.3)], samples)
    if draw.random() < 0.5:
        pole = np.exp(-2 * np.pi * draw.uniform(40, 300) / RATE)
        samples = lfilter([1.0, -1.0], [1.0, -pole], samples)
    return samples.astype(np.float32)


def before_codec(samples, draw):
    """Everything that happens in the room and in the device."""
    samples = set_level(samples, -26.0)
    if draw.random() < 0.5:
        samples = tilt(samples, draw)
    if draw.random() < 0.25:
        samples = room(samples, draw)
    if draw.random() < 0.5:
        samples = add_noise(samples, draw)
    if draw.random() < 0.15:
        samples = suppress_noise(samples, draw)
    if draw.random() < 0.4:
        samples = through_rate(samples, draw)
    return set_level(samples, draw.uniform(-36, -14))


def after_codec(samples, draw):
    """The level at which it arrives; one in ten clips is overdriven."""
    if draw.random() < 0.1:
        samples = set_level(samples, draw.uniform(-12, -4))
    return set_level(samples, draw.uniform(-45, -12))


def through_codec(waves, name):
    """A list of float32 clips → the same list, encoded and decoded by the codec `name`, lengths kept."""
    encode, suffix, form = CODECS[name]
    with tempfile.TemporaryDirectory() as folder:
        raw, coded = Path(folder) / "in.f32", Path(folder) / f"out.{suffix}"
        gap = np.zeros(GAP, np.float32)
        np.concatenate([piece for wave in waves for piece in (wave, gap)]).astype("<f4").tofile(raw)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", str(raw), *encode, str(coded)],
                       check=True)
        whole = decode(coded, form)
    whole = np.pad(whole, (0, GAP))
    starts = np.cumsum([0] + [len(wave) + GAP for wave in waves])
    out = [whole[s:s + len(wave)] for s, wave in zip(starts, waves)]
    return [np.pad(piece, (0, len(wave) - len(piece))).astype(np.float32) for piece, wave in zip(out, waves)]


def draw_codec(draw):
    family = str(draw.choice(list(FAMILY_SHARES), p=list(FAMILY_SHARES.values())))
    return str(draw.choice([name for name in CODECS if name.split("-")[0] == family]))


def process(waves, seeds, codec_share=0.6):
    """One random pass of the chain over a list of clips of any class; equal seeds give equal rooms, noises, codecs and levels."""
    draws = [np.random.default_rng(seed) for seed in seeds]
    waves = [before_codec(wave, draw) for wave, draw in zip(waves, draws)]
    names = [draw_codec(draw) if draw.random() < codec_share else "" for draw in draws]
    for name in sorted(set(names) - {""}):
        chosen = [i for i, n in enumerate(names) if n == name]
        for i, wave in zip(chosen, through_codec([waves[i] for i in chosen], name)):
            waves[i] = wave if np.any(np.abs(wave) > 1e-5) else waves[i]
    return [after_codec(wave, draw) for wave, draw in zip(waves, draws)]
