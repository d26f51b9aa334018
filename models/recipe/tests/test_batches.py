"""What is done to a window of frames before the network hears it. Skipped without PyTorch."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np
    import torch

    from batches import move_frequencies, squeeze
    from features import SAMPLE_RATE, mel_frames
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


def tone(hz):
    """Frames of half a second of a sine, float32 [51, 128]."""
    return mel_frames(0.3 * torch.sin(2 * torch.pi * hz * torch.arange(SAMPLE_RATE // 2) / SAMPLE_RATE)).numpy()


class MovedFrequencies(unittest.TestCase):
    def test_a_tone_is_heard_where_the_factor_puts_it(self):
        for factor in (0.85, 0.94, 1.1):
            moved, expected = move_frequencies(tone(1000), factor), tone(1000 * factor)
            self.assertLessEqual(abs(int(moved[25].argmax()) - int(expected[25].argmax())), 1)

    def test_the_factor_one_changes_nothing(self):
        frames = tone(440)
        np.testing.assert_allclose(move_frequencies(frames, 1.0), frames, atol=1e-5)


class SqueezedDynamics(unittest.TestCase):
    def test_a_quiet_stretch_comes_nearer_to_the_loud_one_and_the_loud_one_stays(self):
        frames = np.concatenate([np.full((60, 128), -4.0), np.zeros((60, 128))]).astype(np.float32)
        squeezed = squeeze(frames, -0.5)
        np.testing.assert_allclose(squeezed[:40], -2.0, atol=1e-5)
        np.testing.assert_allclose(squeezed[-40:], 0.0, atol=1e-5)

    def test_the_ratio_nought_changes_nothing(self):
        frames = tone(440)
        np.testing.assert_array_equal(squeeze(frames, 0.0), frames)


if __name__ == "__main__":
    unittest.main()
