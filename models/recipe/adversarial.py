"""Trains vocoders of published shapes (generators.py) against critics, on the human training speech.

    python adversarial.py --corpus CORPUS --kind hifigan --out VOCODERS [--steps 3800] [--device cuda]

Losses: log-mel at three resolutions, and a least-squares game with matched maps (Kong et al. 2020).
"""

import argparse

import torch
from torch.nn import functional

from critics import Critics, critics_loss, generator_loss
from generators import GENERATORS
from vocoder_training import SEED, Humans, Mel, fit, levelled, optimiser

RATE, CRITICS_RATE = 5e-4, 3e-4
BETAS = (0.8, 0.99)
STEEPEST = 100.0  # norm of a gradient
MEL_WEIGHT = 15
STEPS = {"vocos": 3800, "hifigan": 3800, "mbmelgan": 5300, "vocos-24k": 1540, "bigvgan": 1970}


class MelLoss(torch.nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.mels = torch.nn.ModuleList([Mel(fft // 4, rate, fft, bins) for fft, bins in ((256, 40), (1024, 80), (2048, 128))])

    def forward(self, made, true):
        return sum((mel(made) - mel(true)).abs().mean() for mel in self.mels) / len(self.mels)


def train(corpus, kind, steps, out, device="cpu", batch=16, segment=12_800):
    torch.manual_seed(SEED)
    torch.set_float32_matmul_precision("high")
    generator, critics = GENERATORS[kind]().to(device), Critics().to(device)
    mel, mel_loss = Mel(generator.hop, generator.rate).to(device), MelLoss(generator.rate).to(device)
    makes, judges = optimiser(generator, RATE, device, BETAS), optimiser(critics, CRITICS_RATE, device, BETAS)

    def step(true):
        with torch.autocast(device, dtype=torch.bfloat16):
            made = generator(mel(true)[:, :, :-1]).float()
            critics.requires_grad_(True)
            wrong = critics_loss(critics(torch.cat([true, made.detach()])))
        wrong.backward()
        torch.nn.utils.clip_grad_norm_(critics.parameters(), STEEPEST)
        judges[0].step()
        with torch.autocast(device, dtype=torch.bfloat16):
            critics.requires_grad_(False)
            likeness = mel_loss(made, true)
            with torch.no_grad():
                said_of_true = critics(true)
            loss = MEL_WEIGHT * likeness + generator_loss(said_of_true, critics(made))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(generator.parameters(), STEEPEST)
        makes[0].step()
        return likeness

    humans = Humans(corpus, device, segment // generator.hop * generator.hop, generator.rate)
    fit(kind, generator, humans, step, [makes, judges], steps, out, batch)


def copy(generator, samples):
    """Through a trained vocoder: float32 [n] → float32 [n], of its rate."""
    with torch.no_grad():
        whole = functional.pad(levelled(samples), (0, -len(samples) % generator.hop))
        return generator(Mel(generator.hop, generator.rate)(whole)[:, :, :-1])[0, :len(samples)].numpy()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--kind", choices=list(GENERATORS), required=True)
    parser.add_argument("--steps", type=int, help="by default what the copies of the shipped model were made with")
    parser.add_argument("--out", required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    train(args.corpus, args.kind, args.steps or STEPS[args.kind], args.out, args.device)
