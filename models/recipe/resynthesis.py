"""Copy synthesis without learning: human speech reduced to a few numbers per frame and brought back.

Griffin–Lim (Perraudin et al. 2013, with momentum) from 80 mel bins, and a source–filter vocoder: pitch and spectral
envelope, excited by pulses where voiced and by noise elsewhere. Both take and give float32 samples at 16 kHz.
"""

import numpy as np
import torch

from features import mel_filters
from speech import RATE, pitch

FFT, HOP = 1024, 256
MELS = {bins: mel_filters(bins, FFT) for bins in (40, 80)}
INVERSE = {bins: torch.linalg.pinv(m.double()).float() for bins, m in MELS.items()}


def spectrum(samples, window):
    return torch.stft(samples, FFT, HOP, FFT, window, center=True, return_complex=True)


def through_mel(power, bins):
    """Power spectrum [513, T] → the smooth power spectrum that its mel bins allow."""
    mel = power.transpose(0, 1) @ MELS[bins]
    return torch.clamp(mel @ INVERSE[bins], min=1e-10).transpose(0, 1)


def envelope(power, bins):
    """Power spectrum [513, T] → its envelope: mel averages, spread back over the bins by the same triangles."""
    filters = MELS[bins] + 1e-6
    mean = (power.transpose(0, 1) @ filters) / filters.sum(dim=0)
    return ((mean @ filters.transpose(0, 1)) / filters.sum(dim=1) + 1e-10).transpose(0, 1)


def griffin_lim(samples, iterations, bins=80, momentum=0.9, seed=0):
    window = torch.hann_window(FFT)
    magnitude = through_mel(spectrum(torch.from_numpy(samples), window).abs().square(), bins).sqrt()
    generator = torch.Generator().manual_seed(seed)
    angle = torch.polar(torch.ones_like(magnitude), 6.2832 * torch.rand(magnitude.shape, generator=generator))
    previous = torch.zeros_like(angle)
    for _ in range(iterations):
        rebuilt = spectrum(torch.istft(magnitude * angle, FFT, HOP, FFT, window, length=len(samples)), window)
        angle = rebuilt + momentum * (rebuilt - previous)
        angle = angle / (angle.abs() + 1e-9)
        previous = rebuilt
    return torch.istft(magnitude * angle, FFT, HOP, FFT, window, length=len(samples)).numpy()


def excitation(samples, draw, breath):
    """Pulses at the measured pitch where voiced, with `breath` of noise, and noise elsewhere; float32 [n]."""
    f0 = pitch(samples)
    count = len(samples)
    if len(f0) < 2:
        return draw.standard_normal(count).astype(np.float32)
    middle = np.arange(len(f0)) * 320 + 512
    voiced = np.interp(np.arange(count), middle, (f0 > 0).astype(float))
    known = f0 > 0
    track = np.interp(np.arange(count), middle[known], f0[known]) if known.any() else np.full(count, 120.0)
    phase = np.cumsum(track / RATE)
    pulses = (np.diff(np.floor(phase), prepend=0.0) > 0) * np.sqrt(RATE / track)
    hiss = draw.standard_normal(count)
    return (voiced * ((1 - breath) * pulses + breath * hiss) + (1 - voiced) * hiss).astype(np.float32)


def source_filter(samples, seed=0, breath=0.15, bins=40):
    draw = np.random.default_rng(seed)
    window = torch.hann_window(FFT)
    target = envelope(spectrum(torch.from_numpy(samples), window).abs().square(), bins)
    source = spectrum(torch.from_numpy(excitation(samples, draw, breath)), window)
    flat = envelope(source.abs().square(), bins)
    return torch.istft(source * (target / flat).sqrt(), FFT, HOP, FFT, window, length=len(samples)).numpy()
