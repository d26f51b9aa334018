"""Whose clips a window is made of: each system by its weight within its class, each voice by the root of its duration, and its clips alike
or, if that is wanted, by how alike they are to the other class (likeness.py).

A voice is one pass of one speaker of one system; its key is (speaker, pass).
"""

from collections import defaultdict

import numpy as np

from cues import without_level_and_length
from likeness import factors


class Voices:
    def __init__(self, frames, weights, alike):
        self.clips = {"real": defaultdict(lambda: defaultdict(list)), "fake": defaultdict(lambda: defaultdict(list))}
        for entry in frames.entries:
            row = frames.rows[entry[0]]
            self.clips[row["label"]][row["system"]][row["speaker"], entry[1]].append(entry)
        self.of_systems = {label: shared({name: weights.get(name, 1.0) for name in sorted(systems)}) for label, systems in self.clips.items()}
        self.of_voices = {system: shared({voice: np.sqrt(sum(entry[3] for entry in clips)) for voice, clips in voices.items()})
                          for system, voices in self.systems()}
        factor = self.likeness(frames) if alike else defaultdict(lambda: 1.0)
        self.of_clips = {}
        for system, voices in self.systems():
            of_clips = {voice: np.array([factor[entry] for entry in clips]) for voice, clips in voices.items()}
            self.of_voices[system] = shared({voice: share * of_clips[voice].mean() for voice, share in self.of_voices[system].items()})
            self.of_clips[system] = {voice: np.cumsum(some) / some.sum() for voice, some in of_clips.items()}

    def systems(self):
        """((label, system), {voice: [entry, ...]}) of each."""
        return [((label, name), voices) for label, systems in self.clips.items() for name, voices in systems.items()]

    def likeness(self, frames):
        """{entry: how many times as often it is to be drawn}"""
        shares, fake = {}, []
        for (label, name), voices in self.systems():
            for voice, clips in voices.items():
                share = self.of_systems[label][name] * self.of_voices[label, name][voice] / len(clips)
                if share > 0:
                    shares.update({entry: share for entry in clips})
                    fake += [label == "fake"] * len(clips)
        features = np.array([without_level_and_length(frames.frames(entry)) for entry in shares])
        return defaultdict(lambda: 1.0, zip(shares, factors(features, np.array(fake), np.array(list(shares.values())))))

    def one(self, label, draw):
        """(entries of a voice, their chances added up, float [n] up to 1)"""
        name = picked(self.of_systems[label], draw)
        voice = picked(self.of_voices[label, name], draw)
        return self.clips[label][name][voice], self.of_clips[label, name][voice]


def shared(weights):
    """{key: weight} with the weights adding up to 1."""
    whole = sum(weights.values())
    return {key: weight / whole for key, weight in weights.items()}


def picked(chances, draw):
    """A key of {key: chance}."""
    return list(chances)[draw.choice(len(chances), p=list(chances.values()))]
