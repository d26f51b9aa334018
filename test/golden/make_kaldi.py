"""Writes what torchaudio's kaldi.fbank and Hugging Face's ASTFeatureExtractor make of a few signals: float32 .npy files.

`make_kaldi.py torchaudio` needs torchaudio and writes `kaldi-NAME.npy`, normalised frames of the signals that
make_torchaudio.py left in `mel-NAME-input.npy`. `make_kaldi.py hugging-face` needs transformers, of any newer torch,
and writes `ast-NAME.npy`, the extractor's own window of 1024 frames: the rows that hold audio, and one of the padded
ones, which are all alike. Of the two fixtures, which are longer than a window, every 50th row is kept.

`golden.json` gets the versions, and how far each is from the same recipe in float64. Without torchaudio beside it the
extractor takes its numpy path, which is float64 inside; with torchaudio it would call the very kaldi.fbank used here.
"""

import json
import pathlib
import sys
import wave

import numpy as np

HERE = pathlib.Path(__file__).parent
SIGNALS = ("speech", "noise", "silence", "clipping", "sweep", "sweep-loud", "impulse")
FIXTURES = ("real-speech", "fake-speech")
EVERY = 50
WINDOW = 1024
MEAN, STD = -4.2677393, 4.5689974  # the extractor's defaults, AudioSet's


def read_wav(name: str) -> np.ndarray:
    with wave.open(str(HERE.parent / f"fixtures/audio/{name}.wav")) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return data.astype(np.float32) / 32768


def read_input(name: str) -> np.ndarray:
    return np.load(HERE / f"mel-{name}-input.npy")


def save(name: str, array: np.ndarray) -> None:
    np.save(HERE / f"{name}.npy", array.astype(np.float32), allow_pickle=False)


def report(section: str, found: dict) -> None:
    path = HERE / "golden.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), section: found}, indent=2) + "\n")


def difference(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return {"max": float(apart.max()), "mean": float(apart.mean())}


def exact_frames(samples: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """The recipe written out in float64: [samples] -> [frames, 128], normalised. filters: [257, 128]"""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), 400)[::160]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    power = np.abs(np.fft.rfft((frames - 0.97 * before) * np.hanning(400), 512)) ** 2
    return (np.log(np.maximum(power @ filters, 2.0**-23)) - MEAN) / (2 * STD)


def torchaudio_frames() -> None:
    import torch
    import torchaudio
    from torchaudio.compliance import kaldi

    torch.set_num_threads(1)
    filters, _ = kaldi.get_mel_banks(128, 512, 16000.0, 20.0, 0.0, 100.0, -500.0, 1.0)
    filters = np.pad(filters.numpy().astype(np.float64).T, ((0, 1), (0, 0)))
    found = {"torch": torch.__version__, "torchaudio": torchaudio.__version__, "signals": {}}
    for name in SIGNALS:
        samples = read_input(name)
        # The call of ASTFeatureExtractor, whose dither is none and whose samples are not scaled to 16 bits.
        frames = kaldi.fbank(torch.from_numpy(samples)[None], sample_frequency=16000, window_type="hanning", num_mel_bins=128)
        frames = ((frames - MEAN) / (STD * 2)).numpy()
        found["signals"][name] = {"frames": len(frames), "float32ToFloat64": difference(frames, exact_frames(samples, filters))}
        save(f"kaldi-{name}", frames)
    report("kaldi", found)


def hugging_face_windows() -> None:
    import torch
    import transformers

    extractor = transformers.ASTFeatureExtractor()
    assert (extractor.mean, extractor.std, extractor.max_length) == (MEAN, STD, WINDOW)
    numpy_path = hasattr(extractor, "mel_filters")
    found = {"transformers": transformers.__version__, "torch": torch.__version__, "numpy": np.__version__, "path": "numpy" if numpy_path else "torchaudio", "signals": {}}
    for name in SIGNALS:
        samples = read_input(name)
        window = extractor(samples, sampling_rate=16000, return_tensors="np")["input_values"][0]
        frames = (len(samples) - 400) // 160 + 1
        padding = window[frames:]
        assert window.shape == (WINDOW, 128) and (padding == padding[0, 0]).all()
        entry = {"frames": frames, "padding": float(padding[0, 0])}
        if numpy_path:
            entry["toFloat64"] = difference(window[:frames], exact_frames(samples, extractor.mel_filters))
        found["signals"][name] = entry
        save(f"ast-{name}", window[: frames + 1])
    for name in FIXTURES:
        save(f"ast-fixture-{name}", extractor(read_wav(name), sampling_rate=16000, return_tensors="np")["input_values"][0][::EVERY])
    found["fixtureEvery"] = EVERY
    report("huggingFace", found)


if __name__ == "__main__":
    {"torchaudio": torchaudio_frames, "hugging-face": hugging_face_windows}[sys.argv[1]]()
