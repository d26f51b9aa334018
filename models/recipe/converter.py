"""A voice converter: what was said, through a narrow passage (Qian et al. 2019), in the voice of another recording. Its mel frames come twice: as regressed,
which are smooth, and out of noise by a flow that was trained by matching (Lipman et al. 2023), which are not. A vocoder makes them heard.

    python converter.py --corpus CORPUS --out VOCODERS [--steps 8000]
"""

import argparse

import torch
from torch import nn
from torch.nn import functional

from generators import ConvNext
from vocoder_training import MEL_BINS, SEED, Humans, Mel, fit, levelled, optimiser

HOP = 200
FRAMES = 128
PASSAGE = 16   # numbers of what was said, every EVERY frames
EVERY = 4
VOICE = 128
RATE = 5e-4
STEPS = 8000
SHIFT, SCALE = 5.0, 3.0


def normalise(mel):
    return (mel + SHIFT) / SCALE


def denormalise(mel):
    return mel * SCALE - SHIFT


class Converter(nn.Module):
    def __init__(self, width=384):
        super().__init__()
        self.said = nn.Sequential(nn.Conv1d(MEL_BINS, width, 5, padding=2), ConvNext(width, 2 * width), ConvNext(width, 2 * width),
                                  nn.AvgPool1d(EVERY), nn.Conv1d(width, PASSAGE, 1))
        self.voice = nn.Sequential(nn.Conv1d(MEL_BINS, width, 5, padding=2), ConvNext(width, 2 * width), ConvNext(width, 2 * width))
        self.voice_out = nn.Linear(2 * width, VOICE)
        self.enter = nn.Conv1d(PASSAGE + VOICE, width, 5, padding=2)
        self.regress = nn.Sequential(*[ConvNext(width, 2 * width) for _ in range(6)], nn.Conv1d(width, MEL_BINS, 1))
        self.flow_enter = nn.Conv1d(2 * MEL_BINS + PASSAGE + VOICE, width, 5, padding=2)
        self.flow = nn.ModuleList([ConvNext(width, 3 * width) for _ in range(10)])
        self.times = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, 10 * width))
        self.flow_leave = nn.Conv1d(width, MEL_BINS, 1)

    def told(self, source, reference):
        """Normalised log-mels [B, 80, T], T a multiple of EVERY → what was said and in which voice, [B, PASSAGE + VOICE, T]."""
        level = functional.instance_norm(source)
        said = self.said(level)
        if self.training:
            said = said + 0.1 * torch.randn_like(said)
        said = functional.interpolate(said, scale_factor=float(EVERY), mode="linear")
        heard = self.voice(reference)
        voice = self.voice_out(torch.cat([heard.mean(dim=2), heard.std(dim=2)], dim=1))
        return torch.cat([said, voice.unsqueeze(2).expand(-1, -1, said.shape[2])], dim=1)

    def velocity(self, x, regressed, told, at):
        angles = 100 * at[:, None] * torch.exp(torch.linspace(0, -6, 32, device=x.device))[None]
        times = self.times(torch.cat([angles.sin(), angles.cos()], dim=1)).view(len(x), 10, -1, 1)
        y = self.flow_enter(torch.cat([x, regressed, told], dim=1))
        for i, block in enumerate(self.flow):
            y = block(y + times[:, i])
        return self.flow_leave(y)

    def regressed(self, told):
        return self.regress(self.enter(told))


@torch.no_grad()
def converted(model, source, reference, steps=0):
    """log-mels [1, 80, T] of what was said and of the voice → log-mel [1, 80, T]; `steps` of the flow, 0 for what is regressed."""
    told = model.told(normalise(source), normalise(reference))
    regressed = model.regressed(told)
    if not steps:
        return denormalise(regressed)
    x = torch.randn_like(regressed)
    for i in range(steps):
        at = torch.full((len(x),), i / steps, device=x.device)
        x = x + model.velocity(x, regressed, told, at) / steps
    return denormalise(x)


def convert(model, vocoder, samples, voice, steps=0):
    """What is said in `samples`, in the voice of another recording, through a vocoder of the same hop: float32 [n] → float32 [n], of its rate."""
    mel = Mel(HOP)
    frames = [mel(functional.pad(levelled(clip), (0, -len(clip) % (EVERY * HOP))))[:, :, :-1] for clip in (samples, voice)]
    with torch.no_grad():
        return vocoder(converted(model, *frames, steps))[0, :len(samples)].numpy()


def train(corpus, steps, out, device="cpu", batch=48):
    torch.manual_seed(SEED)
    torch.set_float32_matmul_precision("high")
    model = Converter().to(device)
    mel, learns = Mel(HOP).to(device), optimiser(model, RATE, device)

    def step(samples):
        source, reference = normalise(mel(samples)[:, :, :-1]).split(FRAMES, dim=2)
        with torch.autocast(device, dtype=torch.bfloat16):
            told = model.told(source, reference)
            regressed = model.regressed(told)
            at, noise = torch.rand(len(samples), device=device), torch.randn_like(source)
            x = torch.lerp(noise, source, at[:, None, None])
            moved = model.velocity(x, regressed.detach(), told, at)
        loss = (regressed.float() - source).abs().mean() + (moved.float() - (source - noise)).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        learns[0].step()
        return loss

    fit("converter", model, Humans(corpus, device, 2 * FRAMES * HOP), step, [learns], steps, out, batch)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    train(args.corpus, args.steps, args.out, args.device)
