"""PyTorch's side of `earwitness bench ast`: the seed's BinaryAST and its recipe for frames, on the same weights and windows.

Usage: torch_ast.py make SIZE FOLDER THREADS     writes FOLDER/weights.pth, seeded, and prints the windows' logits as JSON
       torch_ast.py MODE FOLDER SIZE THREADS     MODE: fp32, bf16, or fp32-fused (PyTorch's fused attention, not the seed's)
FOLDER/audio.f32 holds windows of 10.24 s at 16 kHz, one after another. In the second form each line of input runs the first
window from samples to logit; the answer is its seconds, those of the processor, and the largest memory so far, in MiB.
"""

import json
import pathlib
import re
import resource
import sys
import time

import numpy as np
import torch

from binary_ast import SIZES, BinaryAST, fill_at_random, spread_head

SAMPLES = 163_840


def mel_frames(samples: torch.Tensor) -> torch.Tensor:
    """torchaudio's MelSpectrogram and AmplitudeToDB of the seed's card, in torch alone: [samples] -> [1024, 128]"""
    spectrum = torch.stft(samples, 2048, 160, window=torch.hann_window(2048), return_complex=True)
    power = spectrum.abs().square().T @ FILTERS
    return ((10 * power.clamp(min=1e-10).log10() + 4.26) / (4.57 * 2))[:1024]


def mel_filters() -> torch.Tensor:
    highest = 2595 * np.log10(1 + 8000 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, 130) / 2595) - 1)
    slopes = edges[None, :] - np.linspace(0, 8000, 1025)[:, None]
    widths = np.diff(edges)
    filters = np.maximum(0, np.minimum(-slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]))
    return torch.from_numpy(filters.astype(np.float32))


FILTERS = mel_filters()


def windows_in(folder: pathlib.Path) -> list[torch.Tensor]:
    return list(torch.from_numpy(np.fromfile(folder / "audio.f32", dtype=np.float32)).split(SAMPLES))


def make(size: str, folder: pathlib.Path) -> None:
    model = BinaryAST(*SIZES[size]).eval()
    fill_at_random(model, seed=1)
    frames = [mel_frames(samples).unsqueeze(0) for samples in windows_in(folder)]
    pooled = torch.cat([model.ast.pooled(window) for window in frames])
    spread_head(model.ast.mlp_head[2], model.ast.mlp_head[0](pooled))
    torch.save({"model_state_dict": model.state_dict()}, folder / "weights.pth")
    np.concatenate([window.numpy() for window in frames]).tofile(folder / "frames.f32")
    print(json.dumps({"torch": torch.__version__, "logits": model.ast.mlp_head(pooled)[:, 0].tolist()}), flush=True)


def peak_mib() -> float:
    """On Linux from /proc: what getrusage says has the parent's memory in it, from before this program began."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def serve(mode: str, folder: pathlib.Path, size: str) -> None:
    model = BinaryAST(*SIZES[size], fused=mode == "fp32-fused")
    model.load_state_dict(torch.load(folder / "weights.pth", map_location="cpu", weights_only=True)["model_state_dict"])
    number = torch.bfloat16 if mode == "bf16" else torch.float32
    model.eval().to(number)
    samples = windows_in(folder)[0].clone()
    for _ in sys.stdin:
        started, busy = time.perf_counter(), time.process_time()
        logit = model(mel_frames(samples).unsqueeze(0).to(number)).item()
        seconds, busy = time.perf_counter() - started, time.process_time() - busy
        print(json.dumps({"seconds": seconds, "cpuSeconds": busy, "peakMiB": peak_mib(), "logit": logit}), flush=True)


def main() -> None:
    what, *rest, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    with torch.no_grad():
        if what == "make":
            make(rest[0], pathlib.Path(rest[1]))
        else:
            serve(what, pathlib.Path(rest[0]), rest[1])


if __name__ == "__main__":
    main()
