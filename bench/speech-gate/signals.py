"""Levels, telephone lines, noises and voices without voice, on float64 samples at 16 kHz. Every draw is from RNG, in the order of the calls."""

import subprocess

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import butter, lfilter, resample_poly, sosfilt

RATE = 16_000
RNG = np.random.default_rng(5)
FRAME, STEP, ORDER = 400, 100, 18  # of `whisper`: samples, samples, coefficients


def gain(db):
    return 10 ** (db / 20)


def rms(x):
    return np.sqrt(np.mean(x**2) + 1e-12)


def active_rms(x):
    """Of the pieces of 10 ms within 30 dB of the loudest."""
    energy = np.mean(x[: len(x) // 160 * 160].reshape(-1, 160) ** 2, 1)
    return np.sqrt(np.mean(energy[energy > np.max(energy) * 1e-3]) + 1e-12)


def at_level(x, db):
    return x * gain(db) / active_rms(x)


def white(count):
    return RNG.standard_normal(count)


def pink(count):
    frequencies, spectrum = np.fft.rfftfreq(count), np.fft.rfft(white(count))
    spectrum[1:] /= np.sqrt(frequencies[1:])
    spectrum[0] = 0
    out = np.fft.irfft(spectrum, count)
    return out / rms(out)


def brown(count):
    out = lfilter([1], [1, -0.995], white(count))
    return out / rms(out)


def band(x, low, high, order=4, rate=RATE):
    return sosfilt(butter(order, [low, high], "bandpass", fs=rate, output="sos"), x)


def g711(x):
    """A telephone line: 300 to 3400 Hz, mu-law in 8 bits at 8 kHz."""
    narrow = band(resample_poly(x, 1, 2), 300, 3400, rate=8000)
    code = np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256)
    code = np.round(code * 127) / 127
    return resample_poly(np.sign(code) * (256 ** np.abs(code) - 1) / 255, 2, 1)


def ffmpeg(words, samples=None):
    """16-bit mono samples of a run of ffmpeg, which hears `samples` if there are any."""
    done = subprocess.run(["ffmpeg", "-v", "error", *words, "-f", "s16le", "-"], input=samples, capture_output=True)
    return np.frombuffer(done.stdout, np.int16) / 32768.0


def decode(path, seconds=None, start=0):
    seek = ["-ss", str(start)] if start else []
    length = ["-t", str(seconds)] if seconds else []
    return ffmpeg(["-nostdin", *seek, "-i", path, *length, "-ac", "1", "-ar", "16000"])


def tempo(x, factor):
    samples = (x * 20000 / np.max(np.abs(x) + 1e-9)).astype(np.int16).tobytes()
    return ffmpeg(["-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "-", "-af", f"atempo={factor}"], samples)


def whisper(x):
    """Speech with noise in the place of the voice: linear prediction of order 18, frame by frame."""
    out, window = np.zeros(len(x) + FRAME), np.hanning(FRAME)
    emphasised = lfilter([1, -0.95], [1], x)
    for start in range(0, len(x) - FRAME, STEP):
        frame = emphasised[start : start + FRAME] * window
        level = rms(frame)
        if level < 1e-5:
            continue
        correlation = np.correlate(frame, frame, "full")[FRAME - 1 : FRAME + ORDER]
        correlation[0] *= 1.001
        try:
            predictor = solve_toeplitz(correlation[:ORDER], correlation[1:])
        except np.linalg.LinAlgError:
            continue
        breath = lfilter([1], np.r_[1, -predictor], white(FRAME))
        out[start : start + FRAME] += breath * (level / rms(breath)) * window
    return lfilter([1], [1, -0.6], out[: len(x)])
