"""Adds copy-synthesis fakes to a corpus: the same words, voice and room as their human twin, through a vocoder.

    python copies.py --corpus CORPUS --vocoders VOCODERS --fargan FARGAN_DEMO --lyra LYRA --out CORPUS2 [--count 600]

Writes CORPUS2: the old clips with the old row numbers, then the copies. A copy takes split and speaker from its twin.
Only training and validation humans are copied. `nearest` is made for validation alone, so that one vocoder there is unheard.

A third of the copies by a vocoder of published shape sound as by one of a higher rate: it is given speech that is told to be slower. So the
traces that it leaves at the rate of its frames, and where its upsampling folds over, lie at places of all kinds.

Conversions are human speech in the voice of another human of the same split, by converter.py and one of the vocoders of its hop; a quarter keep their own
voice, and with it their twin.

Last come the training fakes of ENGINES once more through FARGAN, the neural codec Lyra and the vocoders of published shapes, as systems `ENGINE+fargan`,
`ENGINE+lyra` and `ENGINE+vocoder`: words and melody by one engine, the last stage by another, so that an engine is not known by its vocoder alone.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch

import adversarial
import fargan
from converter import HOP, Converter, convert
from generators import GENERATORS
from resynthesis import griffin_lim, source_filter
from speech import RATE, resample
from store import Corpus, Writer
from vocoder_training import kept
from vocoders import KINDS, copy

VALID_ONLY = {"copy-nearest"}
TIMES = {"copy-fargan": 2, **{f"copy-{kind}": 5 / 3 for kind in GENERATORS}, "convert-regressed": 7 / 6, "convert-flow": 7 / 6}  # as many as the others
EARLY_SHARE = 0.25  # of the copies by a vocoder of published shape: by its early snapshot
OWN_RATE = 0.65
HIGHEST_RATE = 1.5  # times its own
OWN_VOICE = 0.25
FLOW_STEPS = 16
ENGINES = ("tortoise", "vits-mimic3", "glowtts-hifigan-larynx", "kokoro", "vits-piper")
LEAST_SAMPLES = 16_000  # of a clip that is copied
LEAST_OF_VOICE = 40_000  # of a recording whose voice is taken


def by_fargan(demo):
    return lambda samples, draw: fargan.copy(demo, samples)


def methods(folder, fargan_demo):
    """{system: function(samples, draw) → samples}"""
    made = {
        "copy-griffinlim": lambda w, draw: griffin_lim(w, int(draw.choice([8, 16, 32, 60])), seed=int(draw.integers(1 << 30))),
        "copy-sourcefilter": lambda w, draw: source_filter(w, seed=int(draw.integers(1 << 30)), breath=draw.uniform(0.05, 0.35)),
    }
    if fargan_demo:
        made["copy-fargan"] = by_fargan(fargan_demo)
    for path in vocoder_files(folder, KINDS):
        model, name = KINDS[path.stem](), f"copy-{path.stem}"
        model.load_state_dict(torch.load(path))
        made[name] = lambda w, draw, model=model.eval(): copy(model, w)
        if name not in VALID_ONLY:
            made[f"{name}-blurred"] = lambda w, draw, model=model: copy(model, w, draw.uniform(0.5, 1.3))
    for path in vocoder_files(folder, GENERATORS):
        clean, early = (kept(GENERATORS[path.stem](), file) for file in (path, path.with_stem(f"{path.stem}-early")))
        made[f"copy-{path.stem}"] = lambda w, draw, pair=(clean, early): vocoded(pair[draw.random() < EARLY_SHARE], w, draw)
    return made


def vocoded(generator, samples, draw):
    return at_rate(drawn_rate(generator, draw), lambda wave: adversarial.copy(generator, wave), samples)


def drawn_rate(generator, draw):
    """Its own, or a higher one, in steps of 50 Hz, which are quick to resample to."""
    return generator.rate if draw.random() < OWN_RATE else 50 * round(generator.rate * HIGHEST_RATE ** draw.random() / 50)


def at_rate(rate, make, *clips):
    """make(clips at `rate`) at 16 kHz, as long as the first of the clips at 16 kHz."""
    made = make(*[resample(clip, RATE, rate) for clip in clips])
    return resample(np.ascontiguousarray(made), rate, RATE)[:len(clips[0])]


def vocoder_files(folder, kinds):
    return [path for path in sorted(Path(folder).glob("*.pt")) if path.stem in kinds] if folder else []


def generators(folder):
    """The vocoders of published shape that were trained, for inference."""
    return [kept(GENERATORS[path.stem](), path) for path in vocoder_files(folder, GENERATORS)]


def conversions(folder):
    """{system: function(samples, samples of the voice, draw) → samples}"""
    vocoders = [generator for generator in generators(folder) if generator.hop == HOP]
    if not vocoders or not Path(folder, "converter.pt").exists():
        return {}
    model = kept(Converter(), Path(folder, "converter.pt"))

    def make(steps, w, voice, draw):
        vocoder = vocoders[draw.integers(len(vocoders))]
        return at_rate(drawn_rate(vocoder, draw), lambda *clips: convert(model, vocoder, *clips, steps), w, voice)
    return {"convert-regressed": partial(make, 0), "convert-flow": partial(make, FLOW_STEPS)}


def other_last_stages(folder, fargan_demo, lyra):
    """{name: function(samples, draw) → samples}"""
    made = {}
    vocoders = generators(folder)
    if vocoders:
        made["vocoder"] = lambda w, draw: vocoded(vocoders[draw.integers(len(vocoders))], w, draw)
    if fargan_demo:
        made["fargan"] = by_fargan(fargan_demo)
    if lyra:
        from lyra import FRAME, QUANTIZERS, through_lyra  # TensorFlow is wanted here only

        def coded(w, draw):
            whole = np.pad(w, (0, -len(w) % FRAME), mode="reflect")
            return through_lyra(lyra, whole, int(draw.choice(list(QUANTIZERS.values()))))[:len(w)]
        made["lyra"] = coded
    return made


def choose(corpus, split, count, draw):
    """`count` human rows of a split, system by system in turn."""
    by_system = {}
    for i, row in enumerate(corpus.rows):
        if row["label"] == "real" and row["split"] == split and row["samples"] > LEAST_SAMPLES:
            by_system.setdefault(row["system"], []).append(i)
    for rows in by_system.values():
        draw.shuffle(rows)
    chosen = []
    while len(chosen) < count and any(by_system.values()):
        for rows in by_system.values():
            if rows:
                chosen.append(rows.pop())
    return chosen[:count]


def described(row):
    """What a row says of a clip, beside where its samples lie."""
    return {key: value for key, value in row.items() if key not in ("offset", "samples")}


def wanted(system, count):
    """((split, how many copies), ...)"""
    times = round(TIMES.get(system, 1) * count)
    return ("train", 0 if system in VALID_ONLY else times), ("valid", times // 3)


def add_copies(corpus, writer, system, make, count, draw):
    for split, some in wanted(system, count):
        for twin in choose(corpus, split, some, draw):
            writer.add(make(corpus.wave(twin), draw), **{**described(corpus.rows[twin]), "label": "fake", "system": system, "twin": twin})


def add_conversions(corpus, writer, system, make, count, draw):
    for split, some in wanted(system, count):
        voices = [i for i, row in enumerate(corpus.rows) if row["label"] == "real" and row["split"] == split and row["samples"] > LEAST_OF_VOICE]
        for source in choose(corpus, split, some, draw):
            others = [i for i in voices if corpus.rows[i]["speaker"] != corpus.rows[source]["speaker"]]
            voice = source if draw.random() < OWN_VOICE or not others else int(draw.choice(others))
            row = {**described(corpus.rows[source]), "speaker": corpus.rows[voice]["speaker"], "twin": source if voice == source else ""}
            writer.add(make(corpus.wave(source), corpus.wave(voice), draw), **{**row, "label": "fake", "system": system})


def extend(corpus_folder, vocoders, fargan_demo, lyra, out, count, seed=5):
    torch.set_num_threads(2)
    torch.manual_seed(seed)
    corpus, writer, draw = Corpus(corpus_folder), Writer(out), np.random.default_rng(seed)
    for i, row in enumerate(corpus.rows):
        writer.add(corpus.wave(i), **described(row))
    for add, systems in ((add_copies, methods(vocoders, fargan_demo)), (add_conversions, conversions(vocoders))):
        for system, make in systems.items():
            add(corpus, writer, system, make, count, draw)
            print(system, len(writer.rows), flush=True)
    spoken = [i for i, row in enumerate(corpus.rows) if row["system"] in ENGINES and row["split"] == "train" and row["samples"] > LEAST_SAMPLES]
    for name, make in other_last_stages(vocoders, fargan_demo, lyra).items():
        for i in spoken:
            row = corpus.rows[i]
            writer.add(make(corpus.wave(i), draw), **{**described(row), "system": f"{row['system']}+{name}"})
        print("engines through", name, len(writer.rows), flush=True)
    writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--vocoders")
    parser.add_argument("--fargan", help="fargan_demo of opus' source; without it no such copies")
    parser.add_argument("--lyra", type=Path, help="folder of Lyra's three networks (lyra.py); without it no engine is heard through that codec")
    parser.add_argument("--out", required=True)
    parser.add_argument("--count", type=int, default=600)
    args = parser.parse_args()
    extend(args.corpus, args.vocoders, args.fargan, args.lyra, args.out, args.count)
