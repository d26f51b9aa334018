"""What is done to a window of frames before the network hears it. Skipped without PyTorch and scikit-learn."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np
    import torch

    from batches import PIECES, Frames, Sampler, move_frequencies, squeeze
    from features import SAMPLE_RATE, mel_frames
    from store import Writer
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


class ClearWindows(unittest.TestCase):
    def prepared(self, folder, count=300):
        """One human and one fake clip of `count` frames, as they are and through a channel that adds 1 to frames which say their time."""
        writer = Writer(folder)
        for label in ("real", "fake"):
            writer.add(np.zeros(160), label=label, system=label, speaker=label, split="train")
        writer.close()
        times = np.repeat(np.arange(count, dtype=np.float16)[:, None] / 64, 128, axis=1)
        np.concatenate([times, times + 1] * 2).tofile(Path(folder) / "frames-0.f16")
        lines = [f"{row},{turn},frames-0.f16,{count * (2 * row + turn)},{count}\n" for row in (0, 1) for turn in (0, 1)]
        (Path(folder) / "index.csv").write_text("row,pass,file,first,frames\n" + "".join(lines))
        return Frames(folder, [folder], "train")

    def test_are_the_same_cuts_before_the_channel(self):
        with tempfile.TemporaryDirectory() as folder:
            sampler = Sampler(self.prepared(folder), {}, 1)
            entries = [entry for entry in sampler.frames.entries if entry[:2] == (1, 1)]
            both = np.stack([sampler.with_clear(entry) for entry in entries])[0]
            np.testing.assert_array_equal(both[:, 0], both[:, 1] + 1)
            heard, clear = sampler.window(entries, np.array([1.0]), 250, np.random.default_rng(7))
            self.assertEqual((heard.shape, clear.shape), ((250, 128), (250, 128)))
            steps = np.diff(clear[:, 0].numpy() * 64)
            self.assertGreater(np.mean(steps == 1), 0.8)

    def test_take_no_more_of_a_clip_at_once_than_a_piece_however_long_the_clip(self):
        with tempfile.TemporaryDirectory() as folder:
            sampler = Sampler(self.prepared(folder, 2000), {}, 1)
            entries = [entry for entry in sampler.frames.entries if entry[:2] == (1, 0)]
            for seed in range(10):
                _, clear = sampler.window(entries, np.array([1.0]), 1500, np.random.default_rng(seed))
                joins = np.flatnonzero(np.diff(clear[:, 0].numpy() * 64).round(3) != 1)
                self.assertLessEqual(np.diff(joins, prepend=-1, append=1499).max(), PIECES[1])


if __name__ == "__main__":
    unittest.main()
