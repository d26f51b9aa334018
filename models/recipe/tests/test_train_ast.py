"""The AST's recipe from clips to a model package, on a tiny AST. Needs the recipe's requirements, Node, and `npm run build`."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RECIPE = Path(__file__).parents[1]
ROOT = RECIPE.parents[1]
sys.path.insert(0, str(RECIPE))
try:
    import numpy as np
    import soundfile
    import torch

    from features import mel_frames
    from store import Corpus, Writer
    from train_ast import figures, load_backbone, train
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error

TINY = {**json.loads((RECIPE / "ast.json").read_text()), "width": 64, "layers": 2, "frames": 128, "rate": 1e-3, "iterations": 96,
        "batch": 4, "accumulation": 2, "validateEvery": 16, "validationSamples": 12}
FIXTURES = ROOT / "test" / "fixtures" / "audio"


def earwitness(*words, models):
    run = [os.environ.get("NODE", "node"), str(ROOT / "dist/src/cli/main.js"), *map(str, words)]
    done = subprocess.run(run, env={**os.environ, "EARWITNESS_MODELS": str(models)}, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


class SeedRecipe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        writer = Writer(cls.scratch / "corpus")
        for label, name in (("real", "real-speech.wav"), ("fake", "fake-speech.wav")):
            samples, _ = soundfile.read(FIXTURES / name, dtype="float32")
            for number, at in enumerate(range(0, 11 * 16_000, 8_000)):
                writer.add(samples[at:at + 20_000], label=label, system=name, speaker=name, language="en", licence="", source=name,
                           split="valid" if number % 4 == 3 else "train")
        writer.close()
        subprocess.run([sys.executable, RECIPE / "prepare.py", "--corpus", cls.scratch / "corpus", "--out", cls.scratch / "frames",
                        "--passes", "1", "--workers", "1"], check=True, capture_output=True)
        cls.checkpoint = cls.scratch / "final_model.pth"
        cls.model = train(cls.scratch / "corpus", [cls.scratch / "frames"], None, cls.checkpoint, TINY)
        earwitness("model", "import", cls.checkpoint, "--name", "tiny", "--editions", "fp32", models=cls.scratch / "models")

    def logit(self, frames):
        window = torch.zeros(1, TINY["frames"], 128)
        window[0, :len(frames)] = torch.as_tensor(frames)
        with torch.no_grad():
            return float(self.model(window))

    def test_learns_and_saves_under_the_names_of_the_seed(self):
        names = torch.load(self.checkpoint, weights_only=True)["model_state_dict"].keys()
        self.assertLessEqual({"ast.v.patch_embed.proj.weight", "ast.v.blocks.1.attn.qkv.bias", "ast.mlp_head.0.weight", "ast.mlp_head.2.bias"}, names)
        corpus = Corpus(self.scratch / "corpus")
        held = [i for i, row in enumerate(corpus.rows) if row["split"] == "valid"]
        logits = torch.tensor([self.logit(mel_frames(torch.from_numpy(corpus.wave(i)))[:128]) for i in held])
        labels = torch.tensor([float(corpus.rows[i]["label"] == "fake") for i in held])
        self.assertGreater(figures(logits, labels)["accuracy"], 0.75)

    def test_gives_the_same_golden_logit_when_it_is_imported(self):
        folder = self.scratch / "models" / "tiny"
        golden = json.loads((folder / "model.json").read_text())["golden"]
        self.assertAlmostEqual(self.logit(np.load(folder / golden["input"]).reshape(-1, 128)), golden["fakeLogit"], delta=1e-3)

    def test_gives_the_same_logit_of_a_recording_through_watch(self):
        wav = FIXTURES / "fake-speech.wav"
        samples, _ = soundfile.read(wav, dtype="float32")
        events = map(json.loads, earwitness("watch", wav, "--json", "--model", "tiny", models=self.scratch / "models").splitlines())
        probability = [event for event in events if event["type"] == "score"][-1]["windowFakeProbability"]
        self.assertAlmostEqual(float(np.log(probability / (1 - probability))), self.logit(mel_frames(torch.from_numpy(samples))[-128:]), delta=1e-3)

    def test_takes_audioset_weights_without_their_head_and_refuses_others(self):
        weights = {f"module.{k.removeprefix('ast.')}": torch.zeros_like(v) for k, v in self.model.state_dict().items()}
        weights["module.mlp_head.1.weight"] = torch.zeros(527, 64)
        torch.save(weights, self.scratch / "audioset.pth")
        other = train(self.scratch / "corpus", [self.scratch / "frames"], self.scratch / "audioset.pth", self.scratch / "other.pth", {**TINY, "iterations": 0})
        self.assertEqual(float(other.ast.v.blocks[0].attn.qkv.weight.detach().abs().sum()), 0.0)
        self.assertGreater(float(other.ast.mlp_head[2].weight.detach().abs().sum()), 0.0)
        del weights["module.v.pos_embed"]
        torch.save(weights, self.scratch / "audioset.pth")
        with self.assertRaisesRegex(ValueError, "missing .'v.pos_embed'"):
            load_backbone(other, self.scratch / "audioset.pth")


if __name__ == "__main__":
    unittest.main()
