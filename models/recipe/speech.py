"""Small signal tools: decoding to 16 kHz, trimming silence, and a check that a clip is speech and not a beep."""

import subprocess

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000


def resample(samples, from_hz, to_hz):
    """float32 [n] → float32 [about n·to/from] by a polyphase filter."""
    if from_hz == to_hz:
        return samples.astype(np.float32)
    common = np.gcd(int(from_hz), int(to_hz))
    return resample_poly(samples, to_hz // common, from_hz // common).astype(np.float32)


def decode(path, options=()):
    """Any file ffmpeg reads → float32 [n], mono, 16 kHz. `options` go before -i (raw formats)."""
    run = ["ffmpeg", "-v", "error", *options, "-i", str(path), "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(run, capture_output=True, check=True).stdout, dtype=np.float32)


def levels(samples, hop=160):
    """RMS in dB of consecutive pieces of `hop` samples, float32 [n // hop]."""
    pieces = samples[:len(samples) // hop * hop].reshape(-1, hop)
    return 10.0 * np.log10(np.mean(np.square(pieces), axis=1) + 1e-12)


def trim(samples, margin_seconds=0.05, below_peak_db=38.0):
    """Cuts what lies more than `margin_seconds` outside the first and last piece within `below_peak_db` of the loudest."""
    loud = levels(samples)
    if len(loud) == 0:
        return samples
    keep = np.flatnonzero(loud > np.percentile(loud, 99) - below_peak_db)
    if len(keep) == 0:
        return samples[:0]
    margin = int(margin_seconds * RATE)
    return samples[max(0, keep[0] * 160 - margin):(keep[-1] + 1) * 160 + margin]


def pitch(samples, low_hz=60.0, high_hz=420.0, hop=320, size=1024):
    """Autocorrelation pitch, f0 in Hz or 0 per hop, after Boersma (1993) without the path search."""
    count = (len(samples) - size) // hop
    if count <= 0:
        return np.zeros(0)
    window = np.hanning(size).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop][:count]
    frames = (frames - frames.mean(axis=1, keepdims=True)) * window
    spectrum = np.abs(np.fft.rfft(frames, 2 * size)) ** 2
    correlation = np.fft.irfft(spectrum)[:, :size]
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * size)) ** 2)[:size]
    correlation = correlation / (correlation[:, :1] + 1e-9) / (shape / shape[0] + 1e-3)
    first, last = int(RATE / high_hz), int(RATE / low_hz)
    lag = first + np.argmax(correlation[:, first:last], axis=1)
    height = correlation[np.arange(count), lag]
    loud = 10 * np.log10(np.mean(frames ** 2, axis=1) + 1e-12)
    voiced = (height > 0.5) & (loud > np.percentile(loud, 95) - 30)
    return np.where(voiced, RATE / lag, 0.0)


def is_speech(samples, least_seconds=0.5):
    """Rejects what is too short, never voiced, or of constant pitch (beeps, tones)."""
    if len(samples) < least_seconds * RATE:
        return False
    f0 = pitch(samples)
    voiced = f0[f0 > 0]
    if len(voiced) < 5 or len(voiced) < 0.1 * len(f0):
        return False
    return float(np.std(np.log(voiced))) > 0.01
