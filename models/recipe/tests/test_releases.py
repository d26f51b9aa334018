"""A released model as a teacher. Skipped without PyTorch."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import torch

    from export import write_onnx
    from network import Detector
    from releases import released
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


def seasoned():
    """A detector whose norms have seen something."""
    torch.manual_seed(2)
    model = Detector()
    for _ in range(3):
        model(torch.randn(8, 200, 128) - 2, torch.full((8,), 200))
    return model.eval()


class Released(unittest.TestCase):
    def test_says_what_the_detector_said_that_was_exported(self):
        model, frames, lengths = seasoned(), torch.randn(3, 300, 128) - 2, torch.tensor([300, 150, 81])
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            path = Path(folder, "model.onnx")
            write_onnx(model, path)
            torch.testing.assert_close(released(path)(frames, lengths), model(frames, lengths), atol=1e-5, rtol=0)


if __name__ == "__main__":
    unittest.main()
