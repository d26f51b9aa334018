"""Small neural vocoders, trained for some minutes on the human training speech to make fakes with human twins.

`istft`: ConvNeXt blocks and an inverse-STFT head (shape of Vocos, Siuzdak 2023). `upsample`: transposed convolutions and
residual blocks (shape of HiFi-GAN V3, Kong et al. 2020). `nearest`: repeat and convolve. All: 80 log-mel bins, FFT 1024, hop 256, 16 kHz.
Losses: log-magnitude and convergence at three resolutions, then a least-squares game against spectrogram and period critics.

    python vocoders.py --corpus CORPUS --kind istft --out VOCODERS
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from resynthesis import FFT, HOP
from store import Corpus
from vocoder_training import Mel, levelled

SEGMENT = 32 * HOP
RATE = 1e-3
STEPS = {"istft": 4000, "upsample": 2300, "nearest": 1800}
PLAIN_SHARE = 0.65  # of the steps, before the critics come in


class ConvNext(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depth = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.grow, self.shrink = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x):
        y = self.norm(self.depth(x).transpose(1, 2))
        return x + 0.3 * self.shrink(functional.gelu(self.grow(y))).transpose(1, 2)


class Istft(nn.Module):
    def __init__(self, width=256, blocks=6):
        super().__init__()
        self.enter = nn.Conv1d(80, width, 7, padding=3)
        self.blocks = nn.Sequential(*[ConvNext(width) for _ in range(blocks)])
        self.leave = nn.Linear(width, FFT + 2)

    def forward(self, mel):
        y = self.leave(self.blocks(self.enter(mel)).transpose(1, 2)).transpose(1, 2)
        size, angle = y.chunk(2, dim=1)
        return torch.istft(torch.polar(torch.exp(size.clamp(max=6.0)), angle), FFT, HOP, FFT, torch.hann_window(FFT))


class Residual(nn.Module):
    def __init__(self, width, size, dilations):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(width, width, size, dilation=d, padding=d * (size // 2)) for d in dilations])

    def forward(self, x):
        for conv in self.convs:
            x = x + conv(functional.leaky_relu(x, 0.1))
        return x


class Upsample(nn.Module):
    """Log-mel → samples by learned upsampling; `repeat` uses repetition and a convolution instead of a transposed one."""

    def __init__(self, width=128, rates=(8, 8, 4), repeat=False):
        super().__init__()
        self.enter = nn.Conv1d(80, width, 7, padding=3)
        self.ups, self.mixes = nn.ModuleList(), nn.ModuleList()
        for rate in rates:
            if repeat:
                self.ups.append(nn.Sequential(nn.Upsample(scale_factor=rate), nn.Conv1d(width, width // 2, 2 * rate + 1, padding=rate)))
            else:
                self.ups.append(nn.ConvTranspose1d(width, width // 2, 2 * rate, rate, padding=rate // 2))
            width //= 2
            self.mixes.append(nn.ModuleList([Residual(width, 3, (1, 2)), Residual(width, 5, (2, 6)), Residual(width, 7, (3, 12))]))
        self.leave = nn.Conv1d(width, 1, 7, padding=3)

    def forward(self, mel):
        x = self.enter(mel[:, :, :-1])
        for up, mix in zip(self.ups, self.mixes):
            x = up(functional.leaky_relu(x, 0.1))
            x = sum(part(x) for part in mix) / len(mix)
        return torch.tanh(self.leave(functional.leaky_relu(x, 0.1))).squeeze(1)


KINDS = {"istft": Istft, "upsample": Upsample, "nearest": lambda: Upsample(width=64, rates=(4, 4, 4, 4), repeat=True)}


class Critic(nn.Module):
    """Two spectrogram critics and two period critics in one; returns the list of their maps."""

    def __init__(self):
        super().__init__()
        def stack(first):
            layers, width = [], first
            for out, stride in ((16, (1, 2)), (32, (2, 2)), (32, (1, 2))):
                layers += [nn.Conv2d(width, out, (3, 5), stride, (1, 2)), nn.LeakyReLU(0.1)]
                width = out
            return nn.Sequential(*layers, nn.Conv2d(width, 1, 3, padding=1))
        self.spectral = nn.ModuleList([stack(1), stack(1)])
        self.periodic = nn.ModuleList([stack(1), stack(1)])

    def forward(self, samples):
        maps = []
        for net, size in zip(self.spectral, (512, 1024)):
            magnitude = torch.stft(samples, size, size // 4, size, torch.hann_window(size), return_complex=True).abs()
            maps.append(net(torch.log(magnitude + 1e-3).transpose(1, 2).unsqueeze(1)))
        for net, period in zip(self.periodic, (5, 11)):
            whole = samples[:, :samples.shape[1] // period * period]
            maps.append(net(whole.reshape(len(samples), 1, -1, period).transpose(2, 3)))
        return maps


def spectral_loss(made, true):
    total = 0.0
    for size in (512, 1024, 2048):
        window = torch.hann_window(size)
        a, b = (torch.stft(x, size, size // 4, size, window, return_complex=True).abs().clamp(min=1e-4) for x in (made, true))
        total = total + (a.log() - b.log()).abs().mean() + 0.5 * (a - b).norm() / b.norm()
    return total


def train(corpus_folder, kind, steps, out, seed=3, batch=8, threads=1):
    """Writes OUT/KIND.pt; the critics come in after PLAIN_SHARE of the steps."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    corpus, draw = Corpus(corpus_folder), np.random.default_rng(seed)
    rows = [i for i, r in enumerate(corpus.rows) if r["label"] == "real" and r["split"] == "train" and r["samples"] > SEGMENT + 1]
    systems = sorted({corpus.rows[i]["system"] for i in rows})
    by_system = {s: [i for i in rows if corpus.rows[i]["system"] == s] for s in systems}
    model, critic, mel = KINDS[kind](), Critic(), Mel(HOP)
    fit = torch.optim.AdamW(model.parameters(), RATE, betas=(0.8, 0.99))
    judge = torch.optim.AdamW(critic.parameters(), 3e-4, betas=(0.8, 0.99))
    begun = time.time()
    for step in range(1, steps + 1):
        share = step / steps
        clips = []
        for _ in range(batch):
            wave = corpus.wave(int(draw.choice(by_system[systems[draw.integers(len(systems))]])))
            at = draw.integers(len(wave) - SEGMENT)
            clip = wave[at:at + SEGMENT]
            clips.append(clip * draw.uniform(0.3, 0.9) / max(np.abs(clip).max(), 0.02))
        true = torch.from_numpy(np.stack(clips).astype(np.float32))
        made = model(mel(true))
        loss = spectral_loss(made, true)
        plain = loss.item()
        if share > PLAIN_SHARE:
            maps_true, maps_made = critic(true), critic(made.detach())
            wrong = sum(((a - 1) ** 2).mean() + (b ** 2).mean() for a, b in zip(maps_true, maps_made))
            judge.zero_grad(); wrong.backward(); judge.step()
            loss = loss + 0.25 * sum(((m - 1) ** 2).mean() for m in critic(made))
        fit.zero_grad(); loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        for group in fit.param_groups:
            group["lr"] = RATE * (1 - 0.9 * share)
        fit.step()
        if step % 100 == 0:
            print(json.dumps({"kind": kind, "step": step, "minutes": round((time.time() - begun) / 60, 1), "spectral": round(plain, 3)}), flush=True)
    Path(out).mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), Path(out) / f"{kind}.pt")


def blur(mel, spread):
    """[B, 80, T] smoothed over time and bins by a Gaussian of `spread` frames: what a regressing acoustic model does to its mels."""
    at = torch.arange(-3, 4)
    weight = torch.exp(-0.5 * (at / spread) ** 2)
    weight = weight / weight.sum()
    mel = functional.conv1d(functional.pad(mel, (3, 3), mode="replicate").flatten(0, 1).unsqueeze(1), weight.view(1, 1, -1)).view(mel.shape)
    narrow = torch.tensor([0.15, 0.7, 0.15]).view(1, 1, -1)
    return functional.conv1d(functional.pad(mel.transpose(1, 2), (1, 1), mode="replicate").flatten(0, 1).unsqueeze(1), narrow) \
        .view(mel.shape[0], mel.shape[2], -1).transpose(1, 2)


def copy(model, samples, spread=0.0):
    """Through the vocoder, its mels blurred by `spread` frames: float32 [n] → float32 [about n]."""
    with torch.no_grad():
        mel = Mel(HOP)(levelled(samples))
        made = model(blur(mel, spread) if spread else mel)[0]
    return made.numpy()[:len(samples)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--kind", choices=list(KINDS), required=True)
    parser.add_argument("--steps", type=int, help="by default those of STEPS")
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    train(args.corpus, args.kind, args.steps or STEPS[args.kind], args.out, threads=args.threads)
