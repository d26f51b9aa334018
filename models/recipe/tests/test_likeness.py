"""How often clips are drawn, so that cues of the recording say little about the class. Skipped without scikit-learn."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np

    from cues import without_level_and_length
    from likeness import factors
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


class Factors(unittest.TestCase):
    def test_classes_that_differ_in_a_cue_are_drawn_alike_in_it(self):
        draw = np.random.default_rng(1)
        fake = np.arange(4000) % 2 == 1
        features = draw.normal(0, 1, (4000, 5))
        features[fake, 0] += 0.8
        drawn = factors(features, fake, np.full(4000, 1 / 4000))
        apart = abs(np.average(features[fake, 0], weights=drawn[fake]) - np.average(features[~fake, 0], weights=drawn[~fake]))
        self.assertLess(apart, 0.1)

    def test_no_clip_is_drawn_more_than_some_times_as_often(self):
        features, fake = np.arange(40.0).repeat(5).reshape(40, 5), np.arange(40) > 20
        drawn = factors(features, fake, np.full(40, 1 / 40))
        self.assertLessEqual(drawn.max(), np.exp(2) + 1e-6)
        self.assertGreaterEqual(drawn.min(), np.exp(-2) - 1e-6)


class Cues(unittest.TestCase):
    def test_the_level_of_a_clip_is_none_of_its_cues(self):
        frames = np.random.default_rng(2).normal(0, 1, (200, 128)).astype(np.float32)
        np.testing.assert_allclose(without_level_and_length(frames), without_level_and_length(frames + 1.5), rtol=1e-4)


if __name__ == "__main__":
    unittest.main()
