"""How well a model tells an engine that it never heard: the engines that a run left out, against validation humans.

    python leave_out.py --corpus CORPUS --frames FRAMES [...] --run RUN

RUN is a run of `train.py --leave-out SYSTEM`, which trains the student's teachers. All training and validation clips of SYSTEM count. Choices about data and network
are made by these figures: telling new voices of engines that were heard is easy, and says little about the next engine.
"""

import argparse
import json

import numpy as np
from batches import Frames
from checkpoints import teachers
from measures import auc, eer
from train import score_entries


def left_out_scores(model, engines, corpus, folders, passes=(0, 1)):
    """(name → raw logits of `engines`, which the model did not hear, name → raw logits of each human set of the validation split)."""
    fakes, humans = {}, {}
    for split in ("train", "valid"):
        held = Frames(corpus, folders, split, passes=passes)
        labelled = [(held.rows[entry[0]], entry) for entry in held.entries]
        wanted = [(row["system"], row["label"], entry) for row, entry in labelled
                  if row["system"] in engines or (row["label"] == "real" and split == "valid")]
        for (system, label, _), logit in zip(wanted, score_entries(model, held, [entry for *_, entry in wanted])):
            (humans if label == "real" else fakes).setdefault(system, []).append(float(logit))
    return {k: np.array(v) for k, v in fakes.items()}, {k: np.array(v) for k, v in humans.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--frames", nargs="+", required=True)
    parser.add_argument("--run", required=True)
    args = parser.parse_args()
    fakes, humans = left_out_scores(*teachers(args.run, "last"), args.corpus, args.frames)
    for system, logits in fakes.items():
        everyone = np.concatenate(list(humans.values()))
        print(json.dumps({"leftOut": system, "clips": len(logits), "auc": round(float(auc(logits, everyone)), 3),
                          "eer": round(float(eer(logits, everyone)), 3),
                          "aucAgainst": {name: round(float(auc(logits, values)), 3) for name, values in humans.items()}}))
