"""The chain of channels. Skipped without scipy."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np

    from channels import before_codec
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


class Chain(unittest.TestCase):
    def test_clips_of_other_lengths_meet_the_same_channel(self):
        clip = np.random.default_rng(1).normal(0, 0.1, 20_000).astype(np.float32)
        for seed in range(20):
            draws = [np.random.default_rng(seed) for _ in range(2)]
            for draw, samples in zip(draws, (clip, clip[:-200])):
                before_codec(samples, draw)
            self.assertEqual(draws[0].random(), draws[1].random())


if __name__ == "__main__":
    unittest.main()
