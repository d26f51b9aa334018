"""What a checkpoint is chosen by. Skipped without PyTorch and scikit-learn."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import torch

    from network import Detector
    from test_voices import prepared
    from train import validate
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


if __name__ == "__main__":
    unittest.main()
