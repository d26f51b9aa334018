"""torchaudio's side of `earwitness bench dsp`: the same audio, the same recipe, one thread, one round a line of input.

Usage: torchaudio_mel.py MEL.f32 RESAMPLE.f32   (raw float32: 16 kHz for the mel frames, 48 kHz for the resampler)
Each line on standard input, `mel` or `resample`, runs one round over the whole file; the answer is its seconds.
The first line of output says which versions answer.
"""

import json
import sys
import time

import numpy as np
import torch
import torchaudio


def main() -> None:
    torch.set_num_threads(1)
    mel_input, resample_input = (torch.from_numpy(np.fromfile(path, dtype=np.float32)) for path in sys.argv[1:3])
    transform = torchaudio.transforms.MelSpectrogram(sample_rate=16000, n_mels=128, n_fft=2048, hop_length=160)
    decibels = torchaudio.transforms.AmplitudeToDB()
    resample = torchaudio.transforms.Resample(48000, 16000)
    work = {
        "mel": lambda: (decibels(transform(mel_input)) + 4.26) / (4.57 * 2),
        "resample": lambda: resample(resample_input),
    }
    print(json.dumps({"torch": torch.__version__, "torchaudio": torchaudio.__version__}), flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            started = time.perf_counter()
            work[line.strip()]()
            print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
