"""Clips through the neural codec Lyra 2, to measure what it does to scores: people talk through it, so it is a channel, not a fake.

    python lyra.py --lyra FOLDER --clips JUDGED/clips --out LYRA
    earwitness evaluate LYRA/manifest.csv

FOLDER holds `soundstream_encoder.tflite`, `quantizer.tflite` and `lyragan.tflite` of https://github.com/google/lyra (Apache-2.0).
The manifest gives each clip as it is and at each rate, with the rate as its channel. Needs TensorFlow (`pip install tensorflow-cpu`).
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import soundfile
import tensorflow

FRAME = 320  # samples at 16 kHz
QUANTIZERS = {"Lyra 3.2 kbit/s": 16, "Lyra 6 kbit/s": 30, "Lyra 9.2 kbit/s": 46}


class Part:
    """One network of the codec with the state of one clip: frames go in by order."""

    def __init__(self, path):
        self.interpreter = tensorflow.lite.Interpreter(str(path), num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]

    def __call__(self, frame):
        self.interpreter.set_tensor(self.input, frame)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)


def through_lyra(folder, samples, quantizers):
    """float samples at 16 kHz → the same through encoder, quantizer and generator, cut to whole frames of 20 ms."""
    encode, generate = Part(folder / "soundstream_encoder.tflite"), Part(folder / "lyragan.tflite")
    quantizer = tensorflow.lite.Interpreter(str(folder / "quantizer.tflite"), num_threads=1)
    to_indices, from_indices = (quantizer.get_signature_runner(name) for name in ("encode", "decode"))
    out = []
    for frame in samples[:len(samples) // FRAME * FRAME].reshape(-1, 1, FRAME).astype(np.float32):
        indices = to_indices(input_frames=encode(frame), num_quantizers=np.int32(quantizers))["output_0"]
        out.append(generate(from_indices(encoding_indices=indices)["output_0"])[0])
    return np.concatenate(out)


def send(folder, clips, out):
    out.mkdir(parents=True, exist_ok=True)
    with open(clips / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(out / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [*rows[0], "channel"])
        table.writeheader()
        for at, row in enumerate(rows, 1):
            samples, rate = soundfile.read(clips / row["path"], dtype="float32")
            table.writerow({**row, "path": (clips / row["path"]).resolve(), "channel": "as it is"})
            for name, quantizers in QUANTIZERS.items():
                path = f"{Path(row['path']).stem}-{quantizers}.flac"
                soundfile.write(out / path, through_lyra(folder, samples, quantizers), rate)
                table.writerow({**row, "path": path, "channel": name})
            print(f"\r{at} of {len(rows)} clips", end="", flush=True)
    print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lyra", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    send(args.lyra, args.clips, args.out)
