"""Writes what torchaudio itself makes of a few signals: mel frames and resampled audio, float32 .npy files.

`mel-NAME.npy` is torchaudio in float32, `mel-NAME-exact.npy` the same recipe in float64 (with torchaudio's filters).

Resampling is `transforms.Resample`, as in the seed model's card: it computes its filters in float64, where
`functional.resample` takes the float32 of the audio.

Inputs are stored beside the outputs, so that a test needs no generator of its own. `golden.json` keeps the versions,
the seed, and how far torchaudio's own float32 frames are from the same recipe in float64.
"""

import json
import pathlib
import wave

import numpy as np
import torch
import torchaudio

HERE = pathlib.Path(__file__).parent
SEED = 20261124
RATES = (8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 15999)
EVERY = 50  # of the two fixtures, every 50th frame is kept


def mel_frames(samples: torch.Tensor, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """[samples] at 16 kHz -> [frames, 128], normalised: the recipe of the seed model's card."""
    transform = torchaudio.transforms.MelSpectrogram(sample_rate=16000, n_mels=128, n_fft=2048, hop_length=160)
    decibels = torchaudio.transforms.AmplitudeToDB()(transform.to(dtype)(samples.to(dtype)))
    return ((decibels + 4.26) / (4.57 * 2)).transpose(0, 1)


def read_wav(path: pathlib.Path) -> torch.Tensor:
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return torch.from_numpy(data.astype(np.float32) / 32768)


def pcm16(samples: torch.Tensor) -> torch.Tensor:
    return torch.round(samples * 32767) / 32768


def signals() -> dict[str, torch.Tensor]:
    seconds = torch.arange(16000) / 16000
    speech = read_wav(HERE.parent / "fixtures/audio/real-speech.wav")[16000:32000]
    sweep = torch.sin(2 * torch.pi * (20 * seconds + (8000 - 20) / 2 * seconds**2))
    impulse = torch.zeros(4000)
    impulse[1500] = 1.0
    return {
        "speech": speech,
        "noise": 0.1 * torch.randn(16000),
        "silence": torch.zeros(4000),
        "clipping": torch.clamp(speech * 20, -1, 1),
        "sweep": pcm16(0.01 * sweep),
        "sweep-loud": pcm16(0.8 * sweep),  # beside so strong a tone the quiet bins hold float32's own rounding
        "impulse": impulse,
    }


def save(name: str, array: torch.Tensor) -> None:
    np.save(HERE / f"{name}.npy", array.numpy().astype(np.float32), allow_pickle=False)


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    report = {"torch": torch.__version__, "torchaudio": torchaudio.__version__, "seed": SEED, "mel": {}, "resample": {}}
    for name, samples in signals().items():
        frames = mel_frames(samples)
        exact = mel_frames(samples, torch.float64)
        difference = (frames.double() - exact).abs()
        report["mel"][name] = {"frames": len(frames), "float32ToFloat64": {"max": difference.max().item(), "mean": difference.mean().item()}}
        save(f"mel-{name}-input", samples)
        save(f"mel-{name}", frames)
        save(f"mel-{name}-exact", exact)
    for rate in RATES:
        samples = 0.3 * torch.randn(rate // 8)
        resampled = torchaudio.transforms.Resample(rate, 16000)(samples)
        functional = torchaudio.functional.resample(samples, rate, 16000)
        report["resample"][rate] = {"samples": len(resampled), "maxToFunctional": (resampled - functional).abs().max().item()}
        save(f"resample-{rate}-input", samples)
        save(f"resample-{rate}", resampled)
    stereo = 0.2 * torch.randn(2, 22050)
    save("end-to-end-input", stereo)
    save("end-to-end", mel_frames(torchaudio.transforms.Resample(44100, 16000)(stereo.mean(0))))
    for name in ("real-speech", "fake-speech"):
        save(f"fixture-{name}", mel_frames(read_wav(HERE.parent / f"fixtures/audio/{name}.wav"))[::EVERY])
    report["fixtureEvery"] = EVERY
    (HERE / "golden.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
