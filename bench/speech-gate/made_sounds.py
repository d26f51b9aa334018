"""Tones, noises and silences that are made, each 20.48 s. The order of the entries is that of the random draws."""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from signals import RATE, RNG, band, brown, gain, pink, rms, white

COUNT = int(20.48 * RATE)
TIME = np.arange(COUNT) / RATE
DTMF = [(697, 1209), (697, 1336), (770, 1477), (852, 1209), (941, 1336), (770, 1209)]


def sines(*frequencies):
    return sum(np.sin(2 * np.pi * f * TIME) for f in frequencies) / len(frequencies)


def harmonics(frequency, count):
    return sum(np.sin(2 * np.pi * frequency * k * TIME) / k for k in range(1, count + 1))


def on_off(on, off):
    return ((TIME % (on + off)) < on) * 1.0


def phase_of(frequencies):
    """A tone that jumps between frequencies, [COUNT] in hertz, without a click."""
    return np.sin(np.cumsum(2 * np.pi * frequencies / RATE))


def placed(starts, seconds, make):
    """`make(number, time)` at each start, as long as there is room."""
    out = np.zeros(COUNT)
    for number, start in enumerate(starts):
        first = int(start * RATE)
        length = min(int(seconds * RATE), COUNT - first)
        out[first : first + length] = make(number, np.arange(length) / RATE)
    return out


def notes(frequencies, seconds, decay=3.0, partials=1):
    def note(number, time):
        pitch = frequencies[number % len(frequencies)]
        wave = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, partials + 1))
        return wave * np.exp(-time * decay) * np.minimum(1, time * 200)

    return placed(np.arange(0, 20.48, seconds), seconds, note)


def dtmf(on, off):
    return placed(np.arange(0, 20.4, on + off), on, lambda number, time: sum(np.sin(2 * np.pi * f * time) for f in DTMF[number * 7 % 6]) / 2)


def tones():
    uk_ring = ((TIME % 3) < 0.4) | (((TIME % 3) > 0.6) & ((TIME % 3) < 1))
    information = np.where((TIME % 2) < 0.33, sines(950), np.where((TIME % 2) < 0.66, sines(1400), np.where((TIME % 2) < 1, sines(1800), 0)))
    return {
        "dial us": sines(350, 440),
        "dial eu": sines(425),
        "busy us": sines(480, 620) * on_off(0.5, 0.5),
        "busy eu": sines(425) * on_off(0.48, 0.48),
        "ring us": sines(440, 480) * on_off(2, 4),
        "ring eu": sines(425) * on_off(1, 4),
        "ring uk": sines(400, 450) * uk_ring,
        "congestion": sines(480, 620) * on_off(0.25, 0.25),
        "dtmf slow": dtmf(0.2, 0.2),
        "dtmf fast": dtmf(0.08, 0.08),
        "sit": information,
        "call waiting": sines(440) * on_off(0.3, 2.7),
        "ansam": np.sign(np.sin(2 * np.pi * TIME / 0.9)) * sines(2100) * (1 + 0.2 * np.sin(2 * np.pi * 15 * TIME)),
        "fax cng": sines(1100) * on_off(0.5, 3),
        "beep 1k": sines(1000) * on_off(0.1, 0.9),
        "hum 50": harmonics(50, 11),
        "sweep": np.sin(2 * np.pi * (100 * TIME + 90 * TIME * TIME)),
        "siren": np.sin(2 * np.pi * 700 * TIME - 120 * np.cos(2 * np.pi * 1 * TIME) * 2),
        "warble am 4": sines(440) * (1 + np.sin(2 * np.pi * 4 * TIME)) / 2,
        "warble fsk": phase_of(np.where((TIME % 0.2) < 0.1, 800, 1000)),
        "scale sine": notes([262, 294, 330, 349, 392, 440, 494, 523], 0.4),
        "scale harm": notes([262, 330, 392, 523, 392, 330], 0.3, 3, 8),
        "arpeggio fast": notes([440, 554, 659, 880], 0.12, 5, 5),
        "saw": harmonics(220, 29),
        "square pulses": np.sign(sines(300)) * on_off(0.15, 0.15),
        "v21": phase_of(np.where(RNG.integers(0, 2, 6200).repeat(54)[:COUNT] > 0, 980, 1180)),
    }


def clicks(per_second):
    out = np.zeros(COUNT)
    for start in np.cumsum(RNG.exponential(1 / per_second, int(per_second * 21))):
        first = int(start * RATE)
        length = min(400, COUNT - first)
        if length > 0:
            out[first : first + length] += white(length) * np.exp(-np.arange(length) / 60) * RNG.uniform(0.3, 1)
    return out + white(COUNT) * 0.003


def swells():
    return np.abs(lfilter([1 - 0.9999], [1, -0.9999], white(COUNT)))


def gusts():
    """Scaled by the peak of other swells: so were those by which the gate was fitted."""
    return 0.2 + swells() / np.max(swells())


def rustle():
    high = sosfilt(butter(2, 2000, "highpass", fs=RATE, output="sos"), white(COUNT))
    return high * np.clip(lfilter([0.003], [1, -0.997], white(COUNT)) * 8, 0, 3)


def noises():
    return {
        "white": white(COUNT),
        "pink": pink(COUNT),
        "brown": brown(COUNT),
        "band 300-3400": band(white(COUNT), 300, 3400),
        "clicks 8/s": clicks(8),
        "clicks 3/s": clicks(3),
        "wind": brown(COUNT) * gusts(),
        "waves": pink(COUNT) * (0.55 + 0.45 * np.sin(2 * np.pi * 0.2 * TIME)),
        "hum+hiss": 0.3 * white(COUNT) + harmonics(60, 8),
        "am 4 Hz": white(COUNT) * (1 + np.sin(2 * np.pi * 4 * TIME)) / 2,
        "on/off .5 s": white(COUNT) * on_off(0.5, 0.5),
        "fan": band(white(COUNT), 80, 900, 2) * (1 + 0.2 * np.sin(2 * np.pi * 23 * TIME)),
        "rustle": rustle(),
        "breath": band(white(COUNT), 400, 4000, 2) * np.maximum(0, np.sin(2 * np.pi * 0.3 * TIME)) ** 2,
    }


def silences():
    return {"zeros": np.zeros(COUNT), "last bit": RNG.uniform(-1, 1, COUNT) / 32768, "-85 dBFS": white(COUNT) * gain(-85)}


def at_peak(x, db):
    return np.clip(x / np.max(np.abs(x)) * gain(db), -1, 1)


def at_rms(x, db):
    return x / rms(x) * gain(db)
