"""What is left of a run. Skipped without PyTorch."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import torch

    from checkpoints import save
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


class Unwritable:
    def __reduce__(self):
        raise OSError("cut off")


class Save(unittest.TestCase):
    def test_leaves_the_file_as_it_was_when_it_is_cut_off(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "state.pt")
            save({"step": 1}, path)
            with self.assertRaisesRegex(OSError, "cut off"):
                save({"step": 2, "more": Unwritable()}, path)
            self.assertEqual(torch.load(path), {"step": 1})


if __name__ == "__main__":
    unittest.main()
