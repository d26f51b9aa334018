"""The calibration of an export. Skipped without PyTorch."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np

    from export import LARGEST_SCALE, LEAST_SCALE, calibrate
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


class Calibration(unittest.TestCase):
    def setUp(self):
        draw = np.random.default_rng(1)
        self.labels = draw.random(4000) < 0.5
        self.logits = np.where(self.labels, 1.0, -1.0) * 1.5 + draw.normal(0, 1.0, 4000)

    def test_finds_the_scale_of_two_normal_classes(self):
        scale, bias = calibrate(self.logits, self.labels, np.ones(4000))
        self.assertAlmostEqual(scale, 3.0, delta=0.3)  # twice the mean over the variance
        self.assertAlmostEqual(bias, 0.0, delta=0.2)

    def test_does_not_turn_a_model_round_that_is_wrong(self):
        scale, bias = calibrate(-self.logits, self.labels, np.ones(4000))
        self.assertAlmostEqual(scale, LEAST_SCALE, places=4)
        self.assertAlmostEqual(bias, 0.0, delta=0.2)

    def test_is_bounded_where_a_model_is_never_wrong(self):
        scale, _ = calibrate(np.where(self.labels, 0.1, -0.1), self.labels, np.ones(4000))
        self.assertAlmostEqual(scale, LARGEST_SCALE, places=2)


if __name__ == "__main__":
    unittest.main()
