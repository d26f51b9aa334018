"""What one would do without earwitness: the last 10.24 s through torchaudio and a network, again and again at every hop.

Usage: sliding_window.py NETWORK     NETWORK: ast-base, or the recipe's network.py, for the default model's
Each line of input is a number of windows; the answer is the seconds that they took, by the clock and of the processor.
The weights are random: they cost as much as trained ones. One thread.
"""

import json
import pathlib
import sys
import time

import torch

from torch_ast import mel_frames

SAMPLES = 163_840
FRAMES = 1024


def network(name: str) -> torch.nn.Module:
    if name == "ast-base":
        from binary_ast import SIZES, BinaryAST

        return BinaryAST(*SIZES["base"])
    sys.path.insert(0, str(pathlib.Path(name).parent))
    from network import Detector

    length = torch.tensor([FRAMES])
    detector = Detector()
    detector.forward = lambda frames, forward=detector.forward: forward(frames, length)
    return detector


def front_end():
    """torchaudio's, or where it is not installed the same in torch alone; and the versions of what makes frames."""
    try:
        import torchaudio
    except ImportError:
        return mel_frames, {"torch": torch.__version__, "torchaudio": None}
    transform = torchaudio.transforms.MelSpectrogram(sample_rate=16000, n_mels=128, n_fft=2048, hop_length=160)
    decibels = torchaudio.transforms.AmplitudeToDB()
    versions = {"torch": torch.__version__, "torchaudio": torchaudio.__version__}
    return lambda samples: ((decibels(transform(samples)) + 4.26) / (4.57 * 2)).T[:FRAMES], versions


def main() -> None:
    torch.set_num_threads(1)
    model = network(sys.argv[1]).eval()
    frames_of, versions = front_end()
    samples = torch.randn(SAMPLES, generator=torch.Generator().manual_seed(1)) / 10

    def score() -> float:
        return torch.sigmoid(model(frames_of(samples).unsqueeze(0))).item()

    with torch.inference_mode():
        score()
        print(json.dumps(versions), flush=True)
        for line in sys.stdin:
            started, busy = time.perf_counter(), time.process_time()
            for _ in range(int(line)):
                score()
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
            print(json.dumps({"seconds": seconds, "cpuSeconds": busy}), flush=True)


if __name__ == "__main__":
    main()
