"""What train.py leaves of a run: RUN/DETECTOR/best.pt and last.pt, one folder for each detector of its config. The last of them is the one to ship."""

from pathlib import Path

import torch

from network import Detector, Ensemble
from releases import released

TAUGHT = ("student", "again", "wider", "further")


def save(parts, path):
    """Writes all of it or nothing: a run that is cut off meanwhile leaves the file as it was."""
    part = path.with_suffix(".part")
    torch.save(parts, part)
    part.replace(path)


def detector_of(checkpoint):
    model = Detector()
    model.load_state_dict(checkpoint["model"])
    return model.eval()


def trained(run, detector, weights="best"):
    """A detector of a run, for inference."""
    return detector_of(torch.load(Path(run, detector, f"{weights}.pt"), weights_only=False))


def shipped(run):
    """The last detector of a run, when its rate had run down: of its many scores on validation the best is not better by more than chance."""
    return trained(run, "further", "last")


def together(shares, run, releases):
    """Detectors of a run and files of earlier releases, {name: share}, as one; without the folder `releases` those of the run alone."""
    taken = {name: share for name, share in shares.items() if releases or not name.endswith(".onnx")}
    detectors = [released(Path(releases, name)) if name.endswith(".onnx") else trained(run, name) for name in taken]
    return Ensemble(detectors, list(taken.values())).to(memory_format=torch.channels_last)


def teachers(run, weights="best"):
    """(all detectors of a run that nobody taught as one, the systems that they did not hear)"""
    paths = [path for path in sorted(Path(run).glob(f"*/{weights}.pt")) if path.parent.name not in TAUGHT]
    checkpoints = [torch.load(path, weights_only=False) for path in paths]
    all_of_them = Ensemble([detector_of(checkpoint) for checkpoint in checkpoints], [checkpoint["config"]["share"] for checkpoint in checkpoints])
    return all_of_them.to(memory_format=torch.channels_last), checkpoints[0]["config"]["leaveOut"]
