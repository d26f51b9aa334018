"""Builders of manifests, on made folders of the sets' own layouts. Needs Python alone: python3 -m unittest discover models/recipe/tests"""

import csv
import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from public_sets import COLUMNS, write_manifest  # noqa: E402


class PublicSets(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name) / "set"
        self.out = Path(scratch.name) / "manifests" / "manifest.csv"

    def put(self, path, text=""):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def made(self, name, **options):
        """The counts, and the manifest's rows by the stem of their recordings."""
        counts = write_manifest(name, self.root, self.out, **options)
        with open(self.out, encoding="utf-8") as file:
            reader = csv.DictReader(file)
            self.assertEqual(reader.fieldnames, COLUMNS)
            rows = {Path(row["path"]).stem: row for row in reader}
        for row in rows.values():
            self.assertTrue((self.out.parent / row["path"]).exists(), row["path"])
        return counts, rows

    def assert_row(self, row, **fields):
        self.assertEqual({key: row[key] for key in fields}, fields)

    def test_asvspoof2019(self):
        for part, suffix, letter in (("train", "trn", "T"), ("dev", "trl", "D"), ("eval", "trl", "E")):
            self.put(f"LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.{part}.{suffix}.txt",
                     f"LA_0079 LA_{letter}_1 - - bonafide\nLA_0080 LA_{letter}_2 - A01 spoof\n")
            for number in (1, 2):
                self.put(f"LA/ASVspoof2019_LA_{part}/flac/LA_{letter}_{number}.flac")
        counts, rows = self.made("asvspoof2019")
        self.assertEqual(counts, (6, 0))
        self.assert_row(rows["LA_T_1"], label="real", system="", speaker="LA_0079", split="train", licence="ODC-By 1.0", source="asvspoof2019:LA_T_1")
        self.assert_row(rows["LA_D_2"], label="fake", system="asvspoof2019-A01", speaker="LA_0080", split="valid", language="en")
        self.assert_row(rows["LA_E_2"], split="test")

    def test_asvspoof2021_in_parts_with_one_track(self):
        self.put("DF-keys-full/keys/DF/CM/trial_metadata.txt",
                 "LA_0023 DF_E_2000011 nocodec asvspoof A14 spoof notrim progress traditional_vocoder - - - -\n"
                 "LA_0043 DF_E_2000026 mp3m4a asvspoof - bonafide notrim eval - - - - -\n"
                 "LA_0043 DF_E_2000027 mp3m4a asvspoof - bonafide notrim eval - - - - -\n")
        self.put("ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac/DF_E_2000011.flac")
        self.put("ASVspoof2021_DF_eval_part01/ASVspoof2021_DF_eval/flac/DF_E_2000026.flac")
        counts, rows = self.made("asvspoof2021")
        self.assertEqual(counts, (2, 1))
        self.assert_row(rows["DF_E_2000011"], label="fake", system="asvspoof2021-A14", speaker="LA_0023", split="test")
        self.assert_row(rows["DF_E_2000026"], label="real", system="", speaker="LA_0043")

    def test_asvspoof5(self):
        self.put("ASVspoof5_protocols/ASVspoof5.train.tsv", "T_4850 T_0000000000 F - - - AC3 A05 spoof -\nT_0001 T_0000000001 M - - - - bonafide bonafide -\n")
        self.put("ASVspoof5_protocols/ASVspoof5.eval.track_1.tsv", "E_1607 E_0009538969 M C05 2 E_0009486171 AC1 A26 spoof -\n")
        self.put("flac_T/T_0000000000.flac")
        self.put("flac_T/T_0000000001.flac")
        self.put("flac_E_eval/E_0009538969.flac")
        counts, rows = self.made("asvspoof5")
        self.assertEqual(counts, (3, 0))
        self.assert_row(rows["T_0000000000"], label="fake", system="asvspoof5-A05", speaker="T_4850", split="train")
        self.assert_row(rows["T_0000000001"], label="real", system="")
        self.assert_row(rows["E_0009538969"], label="fake", system="asvspoof5-A26", split="test")

    def test_in_the_wild(self):
        self.put("release_in_the_wild/meta.csv", "file,speaker,label\n0.wav,Alec Guinness,spoof\n1.wav,\"Obama, Barack\",bona-fide\n")
        self.put("release_in_the_wild/0.wav")
        self.put("release_in_the_wild/1.wav")
        _, rows = self.made("in-the-wild")
        self.assert_row(rows["0"], label="fake", system="in-the-wild", speaker="Alec Guinness")
        self.assert_row(rows["1"], label="real", system="", speaker="Obama, Barack")

    def test_wavefake_with_the_humans_beside_it(self):
        self.put("generated_audio/ljspeech_hifiGAN/LJ001-0001_gen.wav")
        self.put("generated_audio/jsut_parallel_wavegan/BASIC5000_0001_gen.wav")
        self.put("LJSpeech-1.1/wavs/LJ001-0001.wav")
        _, rows = self.made("wavefake")
        self.assert_row(rows["LJ001-0001_gen"], label="fake", system="wavefake-ljspeech_hifiGAN", speaker="ljspeech", language="en")
        self.assert_row(rows["BASIC5000_0001_gen"], system="wavefake-jsut_parallel_wavegan", speaker="jsut", language="ja")
        self.assert_row(rows["LJ001-0001"], label="real", system="", speaker="ljspeech")

    def test_mlaad(self):
        header = "path|original_file|language|is_original_language|duration|training_data|model_name|architecture|transcript"
        self.put("fake/de/tts_models_de_thorsten_vits/meta.csv",
                 f"{header}\n./fake/de/tts_models_de_thorsten_vits/a_1.wav|./de_DE/x/a_1.wav|de|True|3.1|thorsten|tts_models/de/thorsten/vits|vits|Er sagte: \"Nein\n")
        self.put("fake/de/tts_models_de_thorsten_vits/a_1.wav")
        _, rows = self.made("mlaad")
        self.assert_row(rows["a_1"], label="fake", system="mlaad-tts_models_de_thorsten_vits", language="de", licence="CC BY-NC 4.0")

    @unittest.skipUnless(importlib.util.find_spec("pyarrow"), "pyarrow is not installed")
    def test_012shin_with_the_polarity_that_is_said(self):
        import pyarrow
        import pyarrow.parquet as parquet

        self.root.mkdir()
        table = pyarrow.table({"audio": [{"bytes": b"RIFF", "path": "a.wav"}, {"bytes": b"fLaC", "path": "b.flac"}], "label": [0, 1]})
        parquet.write_table(table, self.root / "test-00000-of-00001.parquet")
        _, rows = self.made("012shin", fake_label=0, audio=self.out.parent / "audio")
        self.assert_row(rows["test-00000-of-00001-000000"], label="fake", system="012shin", split="test")
        self.assert_row(rows["test-00000-of-00001-000001"], label="real", system="")
        self.assertEqual((self.out.parent / rows["test-00000-of-00001-000001"]["path"]).read_bytes(), b"fLaC")

    def test_a_line_that_is_too_short_is_named(self):
        self.put("ASVspoof5.train.tsv", "T_4850 T_0000000000 F\n")
        self.put("flac_T/T_0000000000.flac")
        with self.assertRaisesRegex(ValueError, r"ASVspoof5\.train\.tsv, line 1: 3 columns, not 9"):
            self.made("asvspoof5")

    def test_a_set_that_is_not_there_is_named(self):
        self.root.mkdir()
        with self.assertRaisesRegex(FileNotFoundError, r"no meta\.csv in .*set"):
            self.made("in-the-wild")
        self.put("meta.csv", "file,speaker,label\n0.wav,a,spoof\n")
        with self.assertRaisesRegex(FileNotFoundError, "none of the 1 recordings"):
            self.made("in-the-wild")


if __name__ == "__main__":
    unittest.main()
