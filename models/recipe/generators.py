"""Networks from log-mel frames to samples, in the shapes that published vocoders have; adversarial.py trains them.

`vocos`: ConvNeXt blocks and an inverse-STFT head (Siuzdak 2023), and the same for 24 kHz. `hifigan`: transposed convolutions and residual blocks of
several reaches (Kong et al. 2020). `bigvgan`: that with periodic activations between up- and downsampling (Lee et al. 2023), for 24 kHz.
`mbmelgan`: four sub-bands and a synthesis filter bank (Yang et al. 2020). Each takes log-mel [B, 80, T], a frame every `hop` samples of its `rate`,
and gives samples [B, T · hop].
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from vocoder_training import MEL_BINS


def conv(inputs, outputs, size, dilation=1):
    return weight_norm(nn.Conv1d(inputs, outputs, size, dilation=dilation, padding=dilation * (size // 2)))


def upsampling(width, rate):
    """[B, width, n] → [B, width / 2, rate · n]"""
    return weight_norm(nn.ConvTranspose1d(width, width // 2, 2 * rate, rate, padding=rate // 2 + rate % 2, output_padding=rate % 2))


class ConvNext(nn.Module):
    def __init__(self, width, grown):
        super().__init__()
        self.depth = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.grow, self.shrink = nn.Linear(width, grown), nn.Linear(grown, width)
        self.scale = nn.Parameter(torch.full((width,), 0.125))

    def forward(self, x):
        y = self.norm(self.depth(x).transpose(1, 2))
        return x + (self.scale * self.shrink(functional.gelu(self.grow(y)))).transpose(1, 2)


class Vocos(nn.Module):
    rate, hop, fft = 16_000, 200, 800
    capturable = False  # the inverse STFT looks at its window on the host

    def __init__(self, width=512, blocks=8):
        super().__init__()
        self.enter = nn.Conv1d(MEL_BINS, width, 7, padding=3)
        self.blocks = nn.Sequential(*[ConvNext(width, 3 * width) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, self.fft + 2)
        self.register_buffer("window", torch.hann_window(self.fft), persistent=False)

    def forward(self, mel):
        x = self.norm(self.blocks(self.enter(mel)).transpose(1, 2))
        size, angle = self.leave(x).transpose(1, 2).float().chunk(2, dim=1)
        size = torch.exp(size.clamp(max=6.0))
        spectrum = torch.complex(size * torch.cos(angle), size * torch.sin(angle))
        with torch.autocast(mel.device.type, enabled=False):
            return torch.istft(torch.cat([spectrum, spectrum[:, :, -1:]], dim=2), self.fft, self.hop, self.fft, self.window)


class Vocos24k(Vocos):
    rate, hop, fft = 24_000, 256, 1024


class Snake(nn.Module):
    """x + sin²(αx)/α at twice the rate, so that what it adds above the band is filtered away and does not fold back."""

    def __init__(self, width):
        super().__init__()
        self.log_alpha = nn.Parameter(torch.zeros(1, width, 1))
        taps = np.sinc((np.arange(12) - 5.5) / 2) * np.kaiser(12, 4.66)
        self.register_buffer("taps", torch.tensor(taps / taps.sum(), dtype=torch.float32).view(1, 1, 12), persistent=False)
        self.width = width

    def forward(self, x):
        taps = self.taps.to(x.dtype).expand(self.width, 1, 12)
        x = 2 * functional.conv_transpose1d(functional.pad(x, (3, 3), mode="replicate"), taps, stride=2, groups=self.width)[:, :, 11:-11]
        alpha = self.log_alpha.exp()
        x = x + torch.sin(alpha * x).square() / (alpha + 1e-6)
        return functional.conv1d(functional.pad(x, (5, 5), mode="replicate"), taps, stride=2, groups=self.width)


def leaky(width):
    return nn.LeakyReLU(0.1)


class Residual(nn.Module):
    def __init__(self, width, size, activation, dilations=(1, 3, 5)):
        super().__init__()
        self.steps = nn.ModuleList([
            nn.Sequential(activation(width), conv(width, width, size, d), activation(width), conv(width, width, size)) for d in dilations])

    def forward(self, x):
        for step in self.steps:
            x = x + step(x)
        return x


class HifiGan(nn.Module):
    rate, hop = 16_000, 200

    def __init__(self, width=256, rates=(5, 5, 4, 2), sizes=(3, 7, 11), activation=leaky):
        super().__init__()
        self.enter = conv(MEL_BINS, width, 7)
        self.ups, self.mixes = nn.ModuleList(), nn.ModuleList()
        for rate in rates:
            self.ups.append(nn.Sequential(activation(width), upsampling(width, rate)))
            width //= 2
            self.mixes.append(nn.ModuleList([Residual(width, size, activation) for size in sizes]))
        self.leave = nn.Sequential(activation(width), conv(width, 1, 7))

    def forward(self, mel):
        x = self.enter(mel)
        for up, mix in zip(self.ups, self.mixes):
            x = up(x)
            x = sum(part(x) for part in mix) / len(mix)
        return torch.tanh(self.leave(x)).squeeze(1)


class BigVGan(HifiGan):
    rate, hop = 24_000, 256

    def __init__(self):
        super().__init__(192, (4, 4, 4, 2, 2), (3, 7), Snake)


class FilterBank(nn.Module):
    """Cosine-modulated pseudo-QMF of four bands (Nguyen 1994): bands [B, 4, n] → samples [B, 4n]."""

    def __init__(self, bands=4, taps=62, cutoff=0.142, beta=9.0):
        super().__init__()
        n = np.arange(taps + 1) - taps / 2
        prototype = cutoff * np.sinc(cutoff * n) * np.kaiser(taps + 1, beta)
        k = np.arange(bands)[:, None]
        filters = 2 * prototype * np.cos((2 * k + 1) * np.pi / (2 * bands) * n - (-1.0) ** k * np.pi / 4)
        self.register_buffer("filters", torch.tensor(filters[None], dtype=torch.float32), persistent=False)
        self.bands, self.taps = bands, taps

    def forward(self, x):
        spread = torch.zeros(*x.shape, self.bands, device=x.device)
        spread[..., 0] = x.float() * self.bands
        with torch.autocast(x.device.type, enabled=False):
            return functional.conv1d(functional.pad(spread.flatten(2), (self.taps // 2,) * 2), self.filters).squeeze(1)


class Stack(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.body = nn.Sequential(nn.LeakyReLU(0.2), conv(width, width, 3, dilation), nn.LeakyReLU(0.2), conv(width, width, 1))
        self.past = conv(width, width, 1)

    def forward(self, x):
        return self.past(x) + self.body(x)


class MultiBandMelGan(nn.Module):
    rate, hop = 16_000, 256

    def __init__(self, width=384):
        super().__init__()
        layers = [conv(MEL_BINS, width, 7)]
        for rate in (8, 4, 2):
            layers += [nn.LeakyReLU(0.2), upsampling(width, rate)]
            width //= 2
            layers += [Stack(width, 3 ** i) for i in range(4)]
        self.layers = nn.Sequential(*layers, nn.LeakyReLU(0.2), conv(width, 4, 7), nn.Tanh())
        self.bank = FilterBank()

    def forward(self, mel):
        return self.bank(self.layers(mel))


GENERATORS = {"vocos": Vocos, "vocos-24k": Vocos24k, "hifigan": HifiGan, "bigvgan": BigVGan, "mbmelgan": MultiBandMelGan}
