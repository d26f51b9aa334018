"""What train.py leaves of a run: RUN/DETECTOR/best.pt and last.pt, one folder for each detector of its config. The student is the one to ship."""

from pathlib import Path

import torch

from network import Detector, Ensemble

STUDENT = "student"


def detector_of(checkpoint):
    model = Detector()
    model.load_state_dict(checkpoint["model"])
    return model.eval()


def student(run):
    """The detector to ship, for inference."""
    return detector_of(torch.load(Path(run, STUDENT, "best.pt"), weights_only=False))


def teachers(run, weights="best"):
    """(all other detectors of a run as one, the systems that they did not hear)"""
    paths = [path for path in sorted(Path(run).glob(f"*/{weights}.pt")) if path.parent.name != STUDENT]
    trained = [torch.load(path, weights_only=False) for path in paths]
    together = Ensemble([detector_of(checkpoint) for checkpoint in trained], [checkpoint["config"]["share"] for checkpoint in trained])
    return together.to(memory_format=torch.channels_last), trained[0]["config"]["leaveOut"]
