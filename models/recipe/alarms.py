"""How often human speech would raise an alert: validation recordings as streams, scored, smoothed and judged as the server does.

The clips of one voice and pass are joined to one recording; a window of up to 1024 frames ends every half second of it. Smoothing
(half-life 2 s, in logits) and the second for which an alert must stand are those of src/stream.
"""

from collections import defaultdict

import numpy as np
import torch

from features import LEAST_FRAMES, WINDOW_FRAMES
from network import RECEPTIVE, STRIDE

HOP_FRAMES = 52  # a multiple of the stride, so that windows share embeddings; not under half a second, so that three windows stand for a second
FRAMES_PER_SECOND = 100
HALF_LIFE_SECONDS = 2.0
LEAST_SECONDS = 1.0
LEAST_RAISE = 0.8
MARGIN = 0.6  # in logits, for recordings that are cut or joined otherwise: with 0.4 an hour of voices one after the other raised one


def stream_logits(model, frames):
    """Raw logits of the windows of one recording, float [n]; frames float [T, 128]."""
    with torch.no_grad():
        embeddings = model.backbone(torch.from_numpy(np.asarray(frames, np.float32)).unsqueeze(0))[0]
        ends = range(LEAST_FRAMES, len(frames) + 1, HOP_FRAMES)
        most = (WINDOW_FRAMES - RECEPTIVE) // STRIDE + 1
        block = torch.zeros(len(ends), most, embeddings.shape[1])
        valid = torch.zeros(len(ends), dtype=torch.int64)
        for i, end in enumerate(ends):
            last = (end - RECEPTIVE) // STRIDE + 1
            first = max(0, last - most)
            block[i, :last - first], valid[i] = embeddings[first:last], last - first
        return model.head(block, valid).numpy()


def smoothed(logits):
    keep = 2 ** (-HOP_FRAMES / FRAMES_PER_SECOND / HALF_LIFE_SECONDS)
    out = np.array(logits, np.float64)
    for i in range(1, len(out)):
        out[i] += keep * (out[i - 1] - out[i])
    return out


def alerts(track, raise_at, clear_at):
    """How many alerts a smoothed track of logits raises."""
    count, up, standing = 0, False, 0
    for logit in track:
        if up:
            up = logit >= clear_at
            standing = 0
        elif logit < raise_at:
            standing = 0
        else:
            standing += 1
            if (standing - 1) * HOP_FRAMES / FRAMES_PER_SECOND >= LEAST_SECONDS:
                count, up = count + 1, True
    return count


def human_tracks(model, held, scale, bias):
    """(smoothed calibrated tracks, hours) of all human recordings of a split."""
    voices = defaultdict(list)
    for entry in held.entries:
        row = held.rows[entry[0]]
        if row["label"] == "real":
            voices[row["speaker"], entry[1]].append(held.frames(entry))
    recordings = [np.concatenate(clips) for clips in voices.values()]
    recordings = [r for r in recordings if len(r) >= LEAST_FRAMES]
    tracks = [smoothed(np.clip(scale * stream_logits(model, r) + bias, -10, 10)) for r in recordings]
    return tracks, sum(map(len, recordings)) / FRAMES_PER_SECOND / 3600


def thresholds(tracks, verdict):
    """(raise, clear): MARGIN above the lowest from LEAST_RAISE and the threshold of a `verdict` on that none of `tracks` reaches for long enough; clear is
    half of it in logits."""
    least = max(LEAST_RAISE, verdict)
    for logit in np.arange(np.log(least / (1 - least)), 8.0, 0.05):
        if not any(alerts(track, logit, logit / 2) for track in tracks):
            break
    logit += MARGIN

    def probability(x):
        return round(float(1 / (1 + np.exp(-x))), 3)
    return probability(logit), probability(logit / 2)
