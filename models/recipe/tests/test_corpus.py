"""What is made of a folder of clips with a manifest. Skipped without the recipe's packages."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np
    import soundfile

    from corpus import clips
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


class Clips(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        for name in ("one.wav", "two.wav"):
            soundfile.write(self.folder / name, np.zeros(1600), 16_000)

    def read(self, *lines, columns="path,label,system,source,licence"):
        (self.folder / "manifest.csv").write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
        return [row for _, row in clips(self.folder)]

    def test_each_recording_is_a_voice_of_its_own_where_none_is_named(self):
        for source in ("own:session", "my phone"):
            rows = self.read(f"one.wav,real,,{source},CC0", f"two.wav,real,,{source},CC0")
            self.assertEqual(len({row["speaker"] for row in rows}), 2)

    def test_a_line_that_cannot_be_used_is_named(self):
        for line, words in (("one.wav,bonafide,,own:x,CC0", "line 2: label is 'bonafide'"), ("one.wav,fake,,own:x,CC0", "line 2: a fake without"),
                            ("one.wav,real,,own:x", "line 2: no licence")):
            with self.assertRaisesRegex(ValueError, words):
                self.read(line)
        with self.assertRaisesRegex(ValueError, "split is 'dev', not train or valid or test"):
            self.read("one.wav,real,,own:x,CC0,dev", columns="path,label,system,source,licence,split")


if __name__ == "__main__":
    unittest.main()
