"""Windows drawn by a process of its own. Skipped without PyTorch and scikit-learn."""

import contextlib
import os
import sys
import tempfile
import unittest
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import torch

    from batches import Sampler
    from lessons import lessons
    from test_voices import prepared
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error

CONFIG = {"batch": 4, "smoothing": 0.03, "taught": 0, "clear": False, "unknown": []}


@contextlib.contextmanager
def redirected_stderr():
    """The error of another process goes nowhere."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class Lessons(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.frames = prepared(scratch.name, [("real", "home", "a", 2.0), ("fake", "engine", "b", 6.0)])

    def drawn(self, sampler, count, teacher=None, config=CONFIG):
        running = lessons(sampler, teacher, config)
        self.addCleanup(running.close)
        return list(islice(running, count))

    def test_go_on_where_a_run_was_cut_off(self):
        uncut, first, second = (Sampler(self.frames, {}, 1) for _ in range(3))
        expected = self.drawn(uncut, 4)
        self.drawn(first, 2)
        second.reached = first.reached
        for lesson, other in zip(self.drawn(second, 2), expected[2:], strict=True):
            for values, others in zip(lesson, other, strict=True):
                torch.testing.assert_close(values, others, atol=0, rtol=0)

    def test_say_of_a_system_that_no_teacher_heard_what_its_label_says(self):
        def sure(frames, lengths):
            return torch.full((len(lengths),), 50.0)
        config = {**CONFIG, "smoothing": 0, "taught": 0.6}
        for unknown, expected in (([], [0.6, 1.0]), (["engine", "home"], [0.0, 1.0])):
            _, _, targets = self.drawn(Sampler(self.frames, {}, 1), 1, sure, {**config, "unknown": unknown})[0]
            torch.testing.assert_close(targets, torch.tensor(2 * expected))

    def test_end_with_an_error_where_no_window_can_be_drawn(self):
        sampler = Sampler(self.frames, {}, 1)
        del sampler.entry_of[1, 0]
        with redirected_stderr(), self.assertRaisesRegex(RuntimeError, "has ended"):
            self.drawn(sampler, 1)


if __name__ == "__main__":
    unittest.main()
