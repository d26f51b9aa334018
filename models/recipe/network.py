"""The network: a frame-local backbone and a pooling head.

Backbone: frames [B, T, 128] → embeddings [B, (T - RECEPTIVE) // STRIDE + 1, EMBEDDING]. No padding and no normalisation
along time, so an embedding depends on its own RECEPTIVE frames and on nothing else: a stream may compute each one once.
Head: attentive statistics (Okabe et al. 2018) over the valid embeddings → one fake logit per window.

Levels are taken relative to a local reference, the mean over mel bins of each bin's maximum over LEVEL_FRAMES frames, and
cut RANGE_UNITS below it. A change of gain moves both alike, so it cannot change the result (until samples clip or vanish).
"""

import torch
from torch import nn
from torch.nn import functional

LEVEL_FRAMES = 33
RANGE_UNITS = 6.0   # of features.SCALE dB each: 55 dB
STRIDE = 4
EMBEDDING = 96
CHANNELS = (16, 32, 48, 64)
RECEPTIVE = 81


def running_peak(frames, width):
    """[B, T, F] → [B, T - width + 1, F], the maxima of each bin over `width` frames, by doubling: onnxruntime pools along time one by one."""
    reach = 1
    while 2 * reach <= width:
        frames, reach = torch.maximum(frames[:, :-reach], frames[:, reach:]), 2 * reach
    return torch.maximum(frames[:, :frames.shape[1] - (width - reach)], frames[:, width - reach:])


class Step(nn.Module):
    """Convolution over (time, mel), BatchNorm, ReLU. Padding along mel only."""

    def __init__(self, inputs, outputs, size, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, stride, padding=(0, size[1] // 2), bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return functional.relu(self.norm(self.conv(x)))


class TimeStep(nn.Module):
    """The same along time only, on [B, C, T]."""

    def __init__(self, inputs, outputs, size, dilation=1):
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, size, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x):
        return functional.relu(self.norm(self.conv(x)))


class Backbone(nn.Module):
    def __init__(self, mel_bins=128, dropout=0.2):
        super().__init__()
        a, b, c, d = CHANNELS
        self.steps = nn.ModuleList([
            Step(1, a, (5, 5), (2, 2)),
            Step(a, b, (3, 3), (2, 2)),
            Step(b, c, (3, 3), (1, 2)),
            Step(c, d, (3, 3), (1, 2)),
        ])
        self.drop = nn.Dropout2d(dropout)
        self.join = nn.Conv2d(d, 128, (1, mel_bins // 16), bias=False)
        self.join_norm = nn.BatchNorm2d(128)
        self.time = nn.ModuleList([TimeStep(128, 128, 3), TimeStep(128, EMBEDDING, 3, dilation=2)])

    def relative(self, frames):
        """[B, T, F] → [B, T - LEVEL_FRAMES + 1, F], relative to the local level, in 0..RANGE_UNITS or a little above."""
        level = running_peak(frames, LEVEL_FRAMES).mean(dim=2, keepdim=True)
        half = LEVEL_FRAMES // 2
        return functional.relu(frames[:, half:-half, :] - level + RANGE_UNITS) - RANGE_UNITS / 2

    def forward(self, frames):
        x = self.relative(frames).unsqueeze(1)
        for step in self.steps:
            x = step(x)
        x = functional.relu(self.join_norm(self.join(self.drop(x)))).squeeze(3)
        for step in self.time:
            x = step(x)
        return x.transpose(1, 2)


class Head(nn.Module):
    def __init__(self, dropout=0.2):
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(EMBEDDING, 32), nn.Tanh(), nn.Linear(32, 1))
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(2 * EMBEDDING, 1)

    def forward(self, embeddings, valid):
        """embeddings [B, N, EMBEDDING], valid [B] (how many of N count) → logits [B]."""
        mask = (torch.arange(embeddings.shape[1], device=embeddings.device)[None, :] < valid[:, None]).to(embeddings.dtype)
        scores = self.attention(embeddings).squeeze(2) + (mask - 1.0) * 1e4
        weights = torch.softmax(scores, dim=1).unsqueeze(2)
        mean = (weights * embeddings).sum(dim=1)
        spread = (weights * (embeddings - mean.unsqueeze(1)).square()).sum(dim=1)
        pooled = torch.cat([mean, torch.sqrt(spread + 1e-4)], dim=1)
        return self.out(self.drop(pooled)).squeeze(1)


class Detector(nn.Module):
    """frames [B, T, 128] and lengths int64 [B] (valid frames, at least RECEPTIVE) → fake logits [B]."""

    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        self.head = Head()

    def forward(self, frames, length):
        valid = torch.div(length - RECEPTIVE, STRIDE, rounding_mode="floor") + 1
        return self.head(self.backbone(frames), valid)


class Ensemble(nn.Module):
    """Detectors that were trained apart, as one: the mean of their logits, weighed by `shares`."""

    def __init__(self, detectors, shares):
        super().__init__()
        self.detectors = nn.ModuleList(detectors)
        self.shares = [share / sum(shares) for share in shares]

    def forward(self, frames, length):
        return sum(share * detector(frames, length) for share, detector in zip(self.shares, self.detectors))
