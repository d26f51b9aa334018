"""Whose clips a window is made of. Skipped without PyTorch and scikit-learn."""

import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np

    from batches import Frames
    from store import Writer
    from voices import Voices
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


def speech(draw, floor):
    """Two seconds of loud frames over a floor so many units under them, float16 [200, 128]."""
    level = np.where(np.arange(200) % 40 < 25, 0.0, -floor)[:, None]
    return (level + draw.normal(0, 0.2, (200, 128))).astype(np.float16)


def prepared(folder, clips, held=0):
    """Frames of the training split of clips (label, system, speaker, noise floor), of which the last `held` are for validation."""
    writer, draw = Writer(folder), np.random.default_rng(3)
    frames = [speech(draw, floor) for *_, floor in clips]
    for at, (label, system, speaker, _) in enumerate(clips):
        writer.add(np.zeros(160), label=label, system=system, speaker=speaker, split="train" if at < len(clips) - held else "valid")
    writer.close()
    np.concatenate(frames).tofile(Path(folder) / "frames-0.f16")
    lines = [f"{row},0,frames-0.f16,{200 * row},200\n" for row in range(len(clips))]
    (Path(folder) / "index.csv").write_text("row,pass,file,first,frames\n" + "".join(lines))
    return Frames(folder, [folder], "train")


class DrawnVoices(unittest.TestCase):
    def drawn(self, clips, weights, alike, label):
        """(how often each system, how often each row) of 2,000 draws."""
        with tempfile.TemporaryDirectory() as folder:
            frames, draw = prepared(folder, clips), np.random.default_rng(4)
            voices, systems, rows = Voices(frames, weights, alike), Counter(), Counter()
            for _ in range(2000):
                entries, chances = voices.one(label, draw)
                row = entries[np.searchsorted(chances, draw.random())][0]
                systems[frames.rows[row]["system"]] += 1
                rows[row] += 1
            return systems, rows

    def test_systems_are_drawn_by_their_weights_whatever_they_hold(self):
        clips = [("real", "one", "a", 2.0)] * 6 + [("real", "other", "b", 2.0), ("fake", "engine", "c", 2.0)]
        systems, _ = self.drawn(clips, {"one": 1, "other": 3}, False, "real")
        self.assertAlmostEqual(systems["other"] / 2000, 0.75, delta=0.05)

    def test_a_human_clip_with_the_noise_floor_of_fakes_is_drawn_more_often_where_classes_are_to_be_alike(self):
        noisy, clean = [("real", "home", "a", 2.0)] * 30, [("real", "home", "a", 6.0)] * 10
        fakes = [("fake", "engine", "b", 6.0)] * 30 + [("fake", "engine", "b", 2.0)] * 10
        share = {alike: sum(count for row, count in self.drawn(noisy + clean + fakes, {}, alike, "real")[1].items() if row >= 30) / 2000
                 for alike in (False, True)}
        self.assertAlmostEqual(share[False], 0.25, delta=0.05)
        self.assertGreater(share[True], 0.4)


if __name__ == "__main__":
    unittest.main()
