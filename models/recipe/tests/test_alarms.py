"""When human speech would raise an alert. Skipped without PyTorch."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np

    from alarms import LEAST_RAISE, alerts, thresholds
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


def logit(probability):
    return np.log(probability / (1 - probability))


class Alerts(unittest.TestCase):
    def test_need_three_windows_and_begin_anew_once_cleared(self):
        up, between, down = 3.0, 1.5, 0.0
        self.assertEqual(alerts([up, up, down], 2, 1), 0)
        self.assertEqual(alerts([up, up, up, between, up, up, up], 2, 1), 1)
        self.assertEqual(alerts([up, up, up, down, up, up, up], 2, 1), 2)


class Thresholds(unittest.TestCase):
    def test_are_above_what_human_speech_reaches_for_a_second(self):
        raised, cleared = thresholds([[2.5] * 9], 0.5)
        self.assertGreater(logit(raised), 2.5)
        self.assertAlmostEqual(logit(cleared), logit(raised) / 2, delta=0.02)

    def test_are_not_under_that_of_a_verdict_however_quiet_human_speech_is(self):
        quiet = [[-5.0] * 9]
        self.assertGreater(thresholds(quiet, 0.5)[0], LEAST_RAISE)
        self.assertGreater(thresholds(quiet, 0.97)[0], 0.97)


if __name__ == "__main__":
    unittest.main()
