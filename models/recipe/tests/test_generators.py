"""The networks that make copies and conversions of human speech. Skipped without PyTorch."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
try:
    import numpy as np
    import torch
    from torch.nn import functional

    import adversarial
    import converter
    import copies
    from generators import GENERATORS, FilterBank
    from store import Corpus, Writer
    from vocoder_training import MEL_BINS, Mel, kept
except ImportError as error:
    raise unittest.SkipTest(f"not installed: {error.name}") from error


def spoken(folder, split="train"):
    """A corpus of two voices, a noise whose loudness swings, 4 s each."""
    draw, writer = np.random.default_rng(1), Writer(folder)
    for speaker in ("one", "other"):
        swing = 0.2 + 0.2 * np.sin(np.arange(64_000) / 800)
        writer.add(draw.normal(0, 0.3, 64_000) * swing, label="real", system="human", speaker=speaker, language="en", split=split)
    writer.close()
    return Corpus(folder)


class Generators(unittest.TestCase):
    def test_make_a_hop_of_samples_of_each_frame(self):
        for kind, network in GENERATORS.items():
            generator = network().eval()
            with torch.no_grad():
                made = generator(torch.zeros(2, MEL_BINS, 7))
            self.assertEqual(made.shape, (2, 7 * generator.hop), kind)

    def test_the_filter_bank_gives_back_what_its_own_bands_were_taken_from(self):
        bank, noise = FilterBank(), torch.from_numpy(np.random.default_rng(2).normal(0, 1, 8000)).float()
        analysis = bank.filters[0].flip(1).unsqueeze(1)
        bands = functional.conv1d(noise.view(1, 1, -1), analysis, stride=4, padding=31)
        made = bank(bands)[0]
        wrong = (made - noise)[200:-200].square().mean() / noise.square().mean()
        self.assertLess(float(wrong), 1e-3)


class Training(unittest.TestCase):
    def test_leaves_a_vocoder_and_a_converter_that_copies_are_made_with(self):
        with tempfile.TemporaryDirectory() as folder:
            spoken(folder)
            adversarial.train(folder, "hifigan", 4, folder, batch=1, segment=3200)
            converter.train(folder, 4, folder, batch=1)
            clip = Corpus(folder).wave(0)[:30_000]
            made = copies.methods(folder, None)["copy-hifigan"](clip, np.random.default_rng(1))
            self.assertEqual(made.shape, clip.shape)
            for system, convert in copies.conversions(folder).items():
                self.assertEqual(convert(clip, Corpus(folder).wave(1), np.random.default_rng(1)).shape, clip.shape, system)

    def test_brings_a_vocoder_nearer_to_what_it_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            clip = torch.from_numpy(spoken(folder).wave(0)[:24_000])
            def far(steps):
                adversarial.train(folder, "vocos", steps, folder, batch=1, segment=3200)
                vocoder = kept(GENERATORS["vocos"](), Path(folder, "vocos.pt"))
                mel = Mel(vocoder.hop)
                with torch.no_grad():
                    told = mel(clip.unsqueeze(0))[:, :, :-1]
                    return float((mel(vocoder(told))[:, :, :-1] - told).abs().mean())
            self.assertLess(far(40), far(1))


class Rates(unittest.TestCase):
    def test_bring_a_tone_back_as_it_was_where_the_vocoder_changes_nothing(self):
        tone = np.sin(np.arange(16_001) / 5).astype(np.float32)
        for rate in (16_000, 16_050, 22_050, 24_000, 36_000):
            same = copies.at_rate(rate, lambda wave: wave, tone)
            self.assertEqual(same.shape, tone.shape, rate)
            np.testing.assert_allclose(same[500:-500], tone[500:-500], atol=0.01, err_msg=str(rate))

    def test_put_what_a_vocoder_leaves_every_hundred_of_its_samples_at_another_distance(self):
        ticks = np.zeros(16_000, np.float32)
        ticks[::100] = 1
        heard = copies.at_rate(24_000, lambda wave: np.resize(ticks, len(wave)), ticks)
        peaks = np.flatnonzero(heard > 0.5 * heard.max())
        self.assertAlmostEqual(float(np.mean(np.diff(peaks[np.append(True, np.diff(peaks) > 5)]))), 100 * 16 / 24, delta=0.5)

    def test_are_the_vocoders_own_or_up_to_half_as_high_again(self):
        draw = np.random.default_rng(4)
        rates = [copies.drawn_rate(GENERATORS["vocos-24k"], draw) for _ in range(300)]
        self.assertLess(abs(rates.count(24_000) / 300 - copies.OWN_RATE), 0.1)
        self.assertEqual((min(rates), max(rates) <= 36_000), (24_000, True))


class Conversions(unittest.TestCase):
    def test_are_of_the_voice_that_was_taken_and_have_a_twin_when_it_is_their_own(self):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
            corpus, writer = spoken(folder), Writer(out)
            copies.add_conversions(corpus, writer, "convert-flow", lambda clip, voice, draw: voice[:100], 60, np.random.default_rng(3))
            writer.close()
            made = Corpus(out)
            self.assertEqual({row["label"] for row in made.rows}, {"fake"})
            for i, row in enumerate(made.rows):
                voice = next(k for k in (0, 1) if corpus.rows[k]["speaker"] == row["speaker"])
                np.testing.assert_allclose(made.wave(i), corpus.wave(voice)[:100], atol=1e-4)
                if row["twin"]:
                    self.assertEqual(corpus.rows[int(row["twin"])]["speaker"], row["speaker"])


if __name__ == "__main__":
    unittest.main()
