"""What train.py leaves of a run: RUN/DETECTOR/best.pt and last.pt, one folder for each detector of its config."""

from pathlib import Path

import torch

from network import Detector, Ensemble


def checkpoints(run, weights):
    return [torch.load(path, weights_only=False) for path in sorted(Path(run).glob(f"*/{weights}.pt"))]


def load(run, weights="best"):
    """The detectors of a run as one network, for inference."""
    trained = checkpoints(run, weights)
    detectors = [Detector() for _ in trained]
    for detector, checkpoint in zip(detectors, trained):
        detector.load_state_dict(checkpoint["model"])
    return Ensemble(detectors, [checkpoint["config"]["share"] for checkpoint in trained]).eval()


def left_out(run):
    """The systems that no detector of a run heard."""
    return checkpoints(run, "last")[0]["config"]["leaveOut"]
