"""The recipe of ast-fakeaudio-detector, for those who have a GPU and its data: an AST from AudioSet weights, all of it fine-tuned.

    python train_ast.py --corpus CORPUS --frames FRAMES [FRAMES ...] --pretrained audioset_10_10_0.4593.pth --out final_model.pth
    earwitness model import final_model.pth --name my-ast

ast.json holds what its card says: head LayerNorm, Dropout 0.3, Linear(768, 1); AdamW, rate 1e-5, decay 0.01; 10,000 iterations of 8 windows,
the weights moved after every 8; validation every 500 on 5,000 windows. A window is the first 1024 torchaudio-mel frames of a
clip with zeros behind it, drawn evenly from all clips. More means fake. The card does not name the optimiser, and leaves open whether
an iteration is a batch, as here, or a step of the weights.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from batches import Frames
from features import MEL_BINS

sys.path.append(str(Path(__file__).parents[2] / "bench"))
from binary_ast import BinaryAST, fill_at_random  # noqa: E402


def load_backbone(model, path):
    """AudioSet weights as YuanGongND/ast saves them, all but their head. What is missing or of another shape is an error: loaded with
    strict=False, as the card does it, the names' prefix `module.` would leave the AST untrained without a word."""
    weights = {name.removeprefix("module."): value for name, value in torch.load(path, map_location="cpu", weights_only=True).items()}
    missing, unknown = model.ast.load_state_dict({k: v for k, v in weights.items() if not k.startswith("mlp_head.")}, strict=False)
    missing = [name for name in missing if not name.startswith("mlp_head.")]
    if missing or unknown:
        raise ValueError(f"{path}: missing {missing[:3]}, unknown {unknown[:3]}, of {len(missing)} and {len(unknown)}")


def windows(frames, entries, length):
    """float32 [entries, length, 128] and labels float32 [entries], 1 being fake."""
    out = torch.zeros(len(entries), length, MEL_BINS)
    for row, entry in zip(out, entries):
        clip = torch.from_numpy(np.asarray(frames.frames(entry)[:length], np.float32))
        row[:len(clip)] = clip
    return out, torch.tensor([float(frames.rows[entry[0]]["label"] == "fake") for entry in entries])


def figures(logits, labels):
    """Accuracy, precision, recall and F1 at 0.5, fake being positive."""
    said, fake = logits > 0, labels > 0.5
    hits = int((said & fake).sum())
    precision, recall = hits / max(1, int(said.sum())), hits / max(1, int(fake.sum()))
    return {"accuracy": float((said == fake).float().mean()), "precision": precision, "recall": recall,
            "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def validate(model, held, entries, config, device):
    model.eval()
    logits, labels = [], []
    with torch.no_grad():
        for at in range(0, len(entries), config["batch"]):
            x, fake = windows(held, entries[at:at + config["batch"]], config["frames"])
            logits.append(model(x.to(device))[:, 0].cpu())
            labels.append(fake)
    model.train()
    return figures(torch.cat(logits), torch.cat(labels))


def train(corpus, folders, pretrained, out, config):
    """Trains, prints one line of JSON at each validation, and saves the last weights under the seed's names. Returns the model, on the CPU."""
    torch.manual_seed(config["seed"])
    draw = np.random.default_rng(config["seed"])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = BinaryAST(config["width"], config["layers"], config["frames"], fused=True)
    if pretrained:
        load_backbone(model, pretrained)
    else:
        fill_at_random(model, config["seed"])
    model.to(device).train()
    heard, held = Frames(corpus, folders, "train"), Frames(corpus, folders, "valid")
    chosen = [held.entries[i] for i in np.random.default_rng(1).permutation(len(held.entries))[:config["validationSamples"]]]
    optimiser = torch.optim.AdamW(model.parameters(), lr=config["rate"], weight_decay=config["decay"])
    for iteration in range(1, config["iterations"] + 1):
        x, labels = windows(heard, [heard.entries[i] for i in draw.integers(len(heard.entries), size=config["batch"])], config["frames"])
        loss = functional.binary_cross_entropy_with_logits(model(x.to(device))[:, 0], labels.to(device))
        (loss / config["accumulation"]).backward()
        if iteration % config["accumulation"] == 0:
            optimiser.step()
            optimiser.zero_grad()
        if iteration % config["validateEvery"] == 0:
            print(json.dumps({"iteration": iteration, "loss": loss.item(), **validate(model, held, chosen, config, device)}), flush=True)
    model.cpu().eval()
    torch.save({"model_state_dict": model.state_dict()}, out)
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--frames", nargs="+", required=True)
    parser.add_argument("--pretrained", help="weights of YuanGongND/ast; without them the AST begins at random")
    parser.add_argument("--config", default=str(Path(__file__).with_name("ast.json")))
    parser.add_argument("--out", default="final_model.pth")
    args = parser.parse_args()
    train(args.corpus, args.frames, args.pretrained, args.out, json.loads(Path(args.config).read_text()))
