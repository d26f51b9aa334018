"""How the vocoders of published shapes and the converter are trained and kept: human training speech on the device, its log-mel frames, and the loop.

On a GPU the whole step is captured once and replayed: its thousands of small kernels cost more to ask for than to run.
"""

import json
import time
from pathlib import Path

import numpy as np
import torch

from features import SAMPLE_RATE, mel_filters
from resynthesis import FFT
from speech import resample
from store import Corpus

MEL_BINS = 80
MEMORY = 0.999  # of the running mean of the weights, which is what is kept
EARLY = 0.25    # of the steps: then a first snapshot is kept, less clean
WARM_STEPS = 200
SEED = 3


class Mel(torch.nn.Module):
    """Samples [B, n] of a rate → natural logarithm of mel power up to 8 kHz, [B, bins, n // hop + 1]."""

    def __init__(self, hop, rate=SAMPLE_RATE, fft=FFT, bins=MEL_BINS):
        super().__init__()
        self.hop, self.fft = hop, fft
        self.register_buffer("window", torch.hann_window(fft))
        self.register_buffer("filters", mel_filters(bins, fft, rate=rate))

    def forward(self, samples):
        with torch.autocast(samples.device.type, enabled=False):
            power = torch.stft(samples.float(), self.fft, self.hop, self.fft, self.window, return_complex=True).abs().square()
            return torch.log(torch.clamp(power.transpose(1, 2) @ self.filters, min=1e-7)).transpose(1, 2)


def levelled(samples):
    """float32 [n] with its peak at 0.6, as float32 [1, n]."""
    return torch.from_numpy(samples * 0.6 / max(float(np.abs(samples).max()), 0.02)).unsqueeze(0)


def as_int16(samples):
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)


class Humans:
    """Human speech of the training split on a device, at a rate; draws segments, each system as often as another."""

    def __init__(self, folder, device, segment, rate=SAMPLE_RATE):
        corpus = Corpus(folder)
        kept = [i for i, row in enumerate(corpus.rows)
                if row["label"] == "real" and row["split"] == "train" and row["samples"] * rate > (segment + 1) * SAMPLE_RATE]
        waves = [as_int16(resample(corpus.wave(i), SAMPLE_RATE, rate)) for i in kept]
        self.lengths = np.array([len(wave) for wave in waves])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.data = torch.from_numpy(np.concatenate(waves)).to(device)
        systems = np.array([corpus.rows[i]["system"] for i in kept])
        self.clips = [np.flatnonzero(systems == system) for system in sorted(set(systems))]
        self.segment, self.device = segment, device

    def batch(self, count, draw):
        """float32 [count, segment], peaks between 0.3 and 0.9."""
        clips = np.array([draw.choice(self.clips[draw.integers(len(self.clips))]) for _ in range(count)])
        starts = self.starts[clips] + (draw.random(count) * (self.lengths[clips] - self.segment)).astype(np.int64)
        at = torch.from_numpy(starts).to(self.device)[:, None] + torch.arange(self.segment, device=self.device)
        samples = self.data[at].float() / 32768
        peaks = torch.from_numpy(draw.uniform(0.3, 0.9, count).astype(np.float32)).to(self.device)
        return samples * (peaks / samples.abs().amax(dim=1).clamp(min=0.02))[:, None]


def optimiser(model, rate, device, betas=(0.9, 0.99)):
    """(AdamW, its rate on the device, so that a captured step follows it, the rate to begin with)"""
    now = torch.tensor(rate, device=device)
    return torch.optim.AdamW(model.parameters(), now, betas=betas, capturable=device == "cuda"), now, rate


def captured(step):
    """A graph of the step."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def fit(name, model, humans, step, optimisers, steps, out, batch):
    """Calls step(samples float32 [batch, segment]) → a loss to print; writes OUT/NAME.pt and OUT/NAME-early.pt."""
    torch.backends.cudnn.benchmark = True
    draw = np.random.default_rng(SEED)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    heard = humans.batch(batch, draw)
    noted = torch.zeros((), device=humans.device)
    weights = list(model.parameters())
    mean = [weight.detach().clone() for weight in weights]

    def whole():
        for optimise, _, _ in optimisers:
            optimise.zero_grad(set_to_none=True)
        noted.copy_(step(heard).detach())
        with torch.no_grad():
            torch._foreach_lerp_(mean, weights, 1 - MEMORY)

    go = captured(whole) if humans.device == "cuda" and getattr(model, "capturable", True) else whole
    begun = time.time()
    for count in range(1, steps + 1):
        for _, now, rate in optimisers:
            now.fill_(rate * min(1.0, count / WARM_STEPS) * max(0.02, 0.5 * (1 + np.cos(np.pi * count / steps))))
        heard.copy_(humans.batch(batch, draw))
        go()
        if count % 250 == 0:
            print(json.dumps({"kind": name, "step": count, "minutes": round((time.time() - begun) / 60, 2), "loss": round(noted.item(), 4)}), flush=True)
        if count == round(EARLY * steps):
            keep(model, mean, out / f"{name}-early.pt")
    keep(model, mean, out / f"{name}.pt")


def keep(model, weights, path):
    """As float16, for what is kept is only ever asked, never trained on."""
    own = dict(zip((name for name, _ in model.named_parameters()), weights))
    torch.save({name: value.half().cpu() for name, value in {**model.state_dict(), **own}.items()}, path)


def kept(model, path):
    """The model with the weights of a file, for inference."""
    model.load_state_dict({name: value.float() for name, value in torch.load(path, map_location="cpu").items()})
    return model.eval()
