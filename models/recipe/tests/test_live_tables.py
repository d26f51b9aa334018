"""The tables of judge.py, from reports as `earwitness evaluate --json` writes them. Needs Python alone."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from live_tables import channel_table, insert_table, long_line  # noqa: E402


def rate(count, of):
    return {"count": count, "of": of, "rate": count / of if of else None}


def movement(median, p95, drift):
    return {"recordings": 20, "median": median, "p95": p95, "drift": drift}


class Tables(unittest.TestCase):
    def test_channels_are_told_with_the_largest_movement_of_either_label(self):
        channel = {"misses": rate(5, 20), "auc": 0.9}
        report = {
            "atThreshold": {"falseAlarms": rate(1, 20), "misses": rate(4, 20)}, "separation": {"auc": 0.95}, "decision": {"threshold": 0.72},
            "channels": [
                {"channel": "MP3", "falseAlarms": rate(2, 20), **channel, "movement": {"real": movement(0.2, 0.9, 0.1), "fake": movement(0.3, 0.8, -0.25)}},
                {"channel": "Opus", "falseAlarms": rate(3, 20), **channel, "movement": {"real": movement(0.5, 1.5, 0.5), "fake": movement(0.1, 2.5, 0.0)}},
            ],
        }
        lines = channel_table(report)
        self.assertIn("| channel | humans flagged at 0.72 | fakes missed | AUC | human logits | fake logits |", lines)
        self.assertIn("| as it is | 5.0 % | 20.0 % | 0.950 | | |", lines)
        self.assertIn("| MP3 | 10.0 % | 25.0 % | 0.900 | 0.20 · 0.90 · +0.10 | 0.30 · 0.80 · -0.25 |", lines)
        self.assertEqual(lines[-1], "No channel moves the logits of either label by more than 0.50 in the median (Opus), nor by more than 2.50 in 95 of "
                                    "100 recordings (Opus).")

    def test_inserts_are_told_by_system_with_how_many_nobody_placed(self):
        onset = {"onset": 7.0, "alerts": []}
        report = {
            "alerts": {
                "human": {"alerts": 0, "hours": 0.5},
                "onsets": {"found": rate(1, 3), "withinOneSecond": rate(1, 3), "otherAlerts": 2, "eitherWithinOneSecond": rate(2, 3),
                           "evidence": {"withinOneSecond": rate(2, 3), "absoluteError": {"p50": 0.2}}},
            },
            "recordings": [
                {"system": "a", **onset, "alertError": 0.4, "evidenceError": -0.2}, {"system": "a", **onset, "evidenceError": 0.9},
                {"system": "b", **onset, "evidenceError": 5.0}, {"system": "b", "onset": 3.0, "broken": "no such file"}, {"system": "", "alerts": []},
            ],
        }
        lines = insert_table(report)
        self.assertIn("| a | 2 | 1 | 1 | 2 |", lines)
        self.assertIn("| b | 1 | 0 | 0 | 0 |", lines)
        self.assertIn("| **all** | 3 | 1 | 1 | 2 |", lines)
        self.assertRegex(lines[-1], r"in 66\.7 % of the recordings, and in 1 of 3 neither does.* alerts: 0, in 30 minutes.*off by 0\.2 s")

    def test_a_long_recording_is_told_with_its_alerts_and_its_highest_probability(self):
        row = {"system": "3 voices", "duration": 3000.4, "alerts": [], "peakFakeProbability": 0.634, "meanFakeProbability": 0.091}
        report = {"recordings": [row], "decision": {"raise": 0.93}}
        self.assertEqual(long_line(report), "50 minutes of 3 voices, joined, as one stream: no alerts; highest smoothed probability 0.63 (an alert is "
                                            "raised at 0.93), mean 0.09.")
        self.assertIn("1 alert;", long_line({**report, "recordings": [{**row, "alerts": [{}]}]}))


if __name__ == "__main__":
    unittest.main()
