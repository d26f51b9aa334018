"""Log-mel frames, exactly as the server's `torchaudio-mel` front end makes them.

16 kHz mono samples → STFT (periodic Hann 2048, hop 160, centred, reflected ends) → power → 128 HTK mel filters
(0..8000 Hz, peak 1, no area normalisation) → 10·log10(max(x, floor)) → (dB + OFFSET) / SCALE.
The HTK scale is mel = 2595·log10(1 + f/700) (Young et al., The HTK Book).
"""

import torch

SAMPLE_RATE = 16_000
FFT_SIZE = 2048
HOP_SAMPLES = 160
MEL_BINS = 128
LOW_HZ, HIGH_HZ = 0.0, 8000.0
FLOOR = 1e-10
OFFSET, SCALE = 4.26, 9.14
WINDOW_FRAMES = 1024
LEAST_FRAMES = 100
DB_PER_UNIT = SCALE


def to_mel(hz):
    return 2595.0 * torch.log10(1.0 + hz / 700.0)


def mel_corners(bins=MEL_BINS, low_hz=LOW_HZ, high_hz=HIGH_HZ):
    """Where the filters begin, peak and end, in Hz, float64 [bins + 2]: filter i peaks at corner i + 1."""
    ends = to_mel(torch.tensor([low_hz, high_hz], dtype=torch.float64))
    return 700.0 * (10.0 ** (torch.linspace(ends[0], ends[1], bins + 2, dtype=torch.float64) / 2595.0) - 1.0)


def mel_filters(bins=MEL_BINS, fft_size=FFT_SIZE, low_hz=LOW_HZ, high_hz=HIGH_HZ, rate=SAMPLE_RATE):
    """Triangular HTK filters, float32 [fft_size/2 + 1, bins], peak 1 before sampling on the FFT grid."""
    corners = mel_corners(bins, low_hz, high_hz)
    grid = torch.linspace(0.0, rate / 2, fft_size // 2 + 1, dtype=torch.float64)
    width = corners[1:] - corners[:-1]
    distance = corners[None, :] - grid[:, None]
    rising = -distance[:, :-2] / width[:-1]
    falling = distance[:, 2:] / width[1:]
    return torch.clamp(torch.minimum(rising, falling), min=0.0).float()


_FILTERS = mel_filters()
_WINDOW = torch.hann_window(FFT_SIZE, periodic=True)


def normalise(power):
    """Mel power (any shape, linear) → the network's units."""
    return (10.0 * torch.log10(torch.clamp(power, min=FLOOR)) + OFFSET) / SCALE


def denormalise(frames):
    """The network's units → mel power; the inverse of `normalise` above the floor."""
    return torch.pow(10.0, (frames * SCALE - OFFSET) / 10.0)


def mel_frames(samples):
    """float32 samples [n] at 16 kHz (n > 1024) → float32 frames [n // 160 + 1, 128]."""
    spectrum = torch.stft(samples, FFT_SIZE, HOP_SAMPLES, FFT_SIZE, _WINDOW, center=True, pad_mode="reflect", return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()
    return normalise(power.transpose(0, 1) @ _FILTERS)
