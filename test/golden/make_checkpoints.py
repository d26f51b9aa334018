"""Makes test/golden/checkpoints: small files saved by PyTorch and safetensors, and what is in them. Never run by the tests."""

import json
from pathlib import Path

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file

OUT = Path(__file__).parent / "checkpoints"
torch.manual_seed(20260304)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(5, 3)
        self.norm = torch.nn.BatchNorm1d(3)


def described(tensors):
    return {name: {"shape": list(t.shape), "values": t.detach().float().flatten().tolist()} for name, t in tensors.items()}


def views():
    base = torch.randn(6, 4)
    return {
        "base": base,
        "transposed": base.t(),
        "slice": base[1:3, 1:],
        "every other": base[::2, ::2],
        "repeated": torch.tensor([1.5, -2.5]).expand(3, 2),
        "half": torch.tensor([1.0, -0.333, 65504.0, 6e-8, float("inf")]).half(),
        "bfloat16": torch.tensor([1.0, -0.333, 3e38, 1e-40]).bfloat16(),
        "double": torch.randn(3).double(),
        "counts": torch.tensor([3, -(2**40), 7]),
        "flags": torch.tensor([True, False]),
        "scalar": torch.tensor(2.25),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.randn(2, 2)),
    }


def main():
    OUT.mkdir(exist_ok=True)
    model = Small()
    optimiser = torch.optim.Adam(model.parameters())
    model.norm(model.first(torch.randn(4, 5))).sum().backward()
    optimiser.step()
    state = model.state_dict()
    torch.save(state, OUT / "bare.pth")
    torch.save(
        {
            "epoch": 3,
            "best": np.float64(0.31),
            "device": torch.device("cpu"),
            "model_state_dict": state,
            "optimizer_state_dict": optimiser.state_dict(),
        },
        OUT / "training.pth",
    )
    torch.save({"state_dict": state}, OUT / "lightning.pth", pickle_protocol=4)
    torch.save(views(), OUT / "views.pth")
    torch.save(state, OUT / "old.pth", _use_new_zipfile_serialization=False)
    torch.save(model, OUT / "whole-module.pth")
    torch.jit.script(torch.nn.Linear(2, 1)).save(OUT / "script.pth")

    arrays = {name: t.contiguous().clone() for name, t in views().items()}
    save_file(arrays, OUT / "plain.safetensors", metadata={"format": "pt"})
    names = sorted(arrays)
    shards = {"model-00001-of-00002.safetensors": names[:5], "model-00002-of-00002.safetensors": names[5:]}
    for file, inside in shards.items():
        save_file({name: arrays[name] for name in inside}, OUT / file)
    weight_map = {name: file for file, inside in shards.items() for name in inside}
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (OUT / "model.safetensors.index.json").write_text(json.dumps(index))

    expected = {
        "torch": torch.__version__,
        "safetensors": safetensors.__version__,
        "state": described(state),
        "views": described(torch.load(OUT / "views.pth")),
        "arrays": described(arrays),
    }
    text = json.dumps(expected).replace("Infinity", "1e999")
    (OUT / "expected.json").write_text(text + "\n")


main()
