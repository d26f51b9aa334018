"""What a checkpoint is chosen by, and that a second run leaves the same. Skipped without PyTorch and scikit-learn."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import torch

    import train
    from network import Detector
    from test_voices import prepared
    from train import configs, validate
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


class Validation(unittest.TestCase):
    def judged(self, *systems):
        clips = [("real", "home", "a", floor) for floor in (2.0, 4.0, 6.0)]
        clips += [("fake", system, "b", floor) for system in systems for floor in (3.0, 5.0)]
        torch.manual_seed(1)
        with tempfile.TemporaryDirectory() as folder:
            frames = prepared(folder, clips)
            return validate(Detector(), frames, frames.entries)

    def test_all_copies_together_count_as_one_system(self):
        score, parts = self.judged("engine", "copy-one", "copy-two")
        self.assertAlmostEqual(score, (parts["engine"] + (parts["copy-one"] + parts["copy-two"]) / 2) / 2)

    def test_there_need_be_no_copies(self):
        score, parts = self.judged("engine")
        self.assertAlmostEqual(score, parts["engine"])


def kept_and_cut_off(*words, keep_state=train.keep_state):
    keep_state(*words)
    raise KeyboardInterrupt


class Training(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.corpus = Path(scratch.name)
        clips = [("real", "home", "a", 2.0), ("fake", "engine", "b", 4.0)] * 3
        prepared(self.corpus, clips, held=2)
        settings = json.loads(Path(train.__file__).with_name("config.json").read_text())
        self.config = {**configs(settings)["moved"], "weights": {}, "batch": 4, "every": 2, "steps": 4}

    def run_into(self, name):
        with contextlib.redirect_stdout(io.StringIO()):
            train.train(self.corpus, [self.corpus], self.corpus / name, self.config, None)

    def left_by(self, name):
        return (self.corpus / name / "last.pt").read_bytes()

    def test_leaves_the_same_file_in_a_second_run(self):
        self.run_into("one")
        self.run_into("two")
        self.assertEqual(self.left_by("one"), self.left_by("two"))

    def test_leaves_the_same_weights_when_it_was_cut_off(self):
        self.run_into("whole")
        with mock.patch.object(train, "keep_state", kept_and_cut_off), self.assertRaises(KeyboardInterrupt):
            self.run_into("cut")
        self.run_into("cut")
        whole, cut = (torch.load(self.corpus / name / "last.pt", weights_only=False)["model"] for name in ("whole", "cut"))
        for name, weights in whole.items():
            self.assertTrue(torch.equal(weights, cut[name]), name)


if __name__ == "__main__":
    unittest.main()
