"""What a recording says of itself beside the voice: level, bandwidth, silence, length, noise floor, tilt. None of it is to say the class."""

import numpy as np

from features import DB_PER_UNIT

NAMES = ["level", "peak", "floor", "bandwidth", "silence share", "length", "tilt"]


def cues(frames):
    """The seven cues of a clip or window, float [7]: dB, dB, dB under the peak, mel bins, share, frames, dB; frames float [T, 128] in network units."""
    power = 10 ** (np.asarray(frames, np.float64) * DB_PER_UNIT / 10)
    per_frame = 10 * np.log10(power.mean(axis=1))
    peak = np.percentile(per_frame, 95)
    spectrum = power[per_frame > peak - 25].mean(axis=0)
    band = np.searchsorted(np.cumsum(spectrum) / spectrum.sum(), 0.999)
    tilt = 10 * np.log10(spectrum[:32].mean() / spectrum[64:].mean())
    return [per_frame.mean(), peak, np.percentile(per_frame, 5) - peak, band, np.mean(per_frame < peak - 30), len(frames), tilt]


def without_level_and_length(frames):
    """Noise floor, bandwidth, silence share, tilt and dynamics (peak less mean level), float [5]."""
    level, peak, floor, band, silence, _, tilt = cues(frames)
    return [floor, band, silence, tilt, peak - level]
