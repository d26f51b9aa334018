"""What tells made samples from recorded ones while generators are trained: the periods of HiFi-GAN (Kong et al. 2020) and complex
spectrograms at three resolutions (Jang et al. 2021; Defossez et al. 2022). Both give their map and the maps before it."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm


class Period(nn.Module):
    def __init__(self, period, widths=(32, 96, 192, 384)):
        super().__init__()
        self.period, before = period, 1
        self.layers = nn.ModuleList()
        for width in widths:
            self.layers.append(weight_norm(nn.Conv2d(before, width, (5, 1), (3, 1), (2, 0))))
            before = width
        self.layers.append(weight_norm(nn.Conv2d(before, before, (5, 1), 1, (2, 0))))
        self.leave = weight_norm(nn.Conv2d(before, 1, (3, 1), 1, (1, 0)))

    def forward(self, samples):
        whole = samples[:, :samples.shape[1] // self.period * self.period]
        return maps(self.layers, self.leave, whole.reshape(len(samples), 1, -1, self.period))


class Spectrum(nn.Module):
    def __init__(self, size, width=32):
        super().__init__()
        self.size = size
        self.layers = nn.ModuleList([weight_norm(nn.Conv2d(2, width, (3, 9), padding=(1, 4)))])
        for dilation in (1, 2, 4):
            self.layers.append(weight_norm(nn.Conv2d(width, width, (3, 9), (1, 2), (dilation, 4), (dilation, 1))))
        self.layers.append(weight_norm(nn.Conv2d(width, width, 3, padding=1)))
        self.leave = weight_norm(nn.Conv2d(width, 1, 3, padding=1))
        self.register_buffer("window", torch.hann_window(size), persistent=False)

    def forward(self, samples):
        with torch.autocast(samples.device.type, enabled=False):
            spectrum = torch.stft(samples.float(), self.size, self.size // 4, self.size, self.window, normalized=True, return_complex=True)
        return maps(self.layers, self.leave, torch.view_as_real(spectrum).permute(0, 3, 2, 1))


def maps(layers, leave, x):
    kept = []
    for layer in layers:
        x = functional.leaky_relu(layer(x), 0.1)
        kept.append(x)
    return leave(x), kept


class Critics(nn.Module):
    """samples [B, n] → [(map, [maps before it]), ...]"""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([*[Period(p) for p in (2, 3, 5, 7, 11)], *[Spectrum(s) for s in (512, 1024, 2048)]])

    def forward(self, samples):
        return [part(samples) for part in self.parts]


def critics_loss(judged):
    """Least squares; `judged` is what Critics says of recorded and made samples, the one half of a batch each."""
    halves = [said.float().chunk(2) for said, _ in judged]
    return sum(((true - 1) ** 2).mean() + (made ** 2).mean() for true, made in halves)


def generator_loss(true, made):
    """Least squares, and how far the maps on the way lie apart: of what Critics says of recorded samples, without gradients, and of made ones."""
    fooled = sum(((said.float() - 1) ** 2).mean() for said, _ in made)
    pairs = [pair for (_, those), (_, these) in zip(true, made) for pair in zip(those, these)]
    return fooled + 2 * sum((a.float() - b.float()).abs().mean() for a, b in pairs)
