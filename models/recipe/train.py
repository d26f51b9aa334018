"""Trains the detectors of the config on prepared frames, one after the other.

    python train.py --corpus CORPUS --frames FRAMES [FRAMES ...] --out RUN [--releases FOLDER] [--config config.json]

Each is trained for its number of steps, and goes on where it was cut off. What is judged and kept is the running mean of the weights, where its
validation score is best: the mean over validation fake systems (copies count as one) of AUC against all validation humans, over passes
and a short and a long crop.

The student learns from those before it as well as from the labels (distillation, Hinton et al. 2015): what they say of each window together is a part
`taught` of its target. So it says about what they say, and costs a stream what one costs. It goes on as `again`, which learns from more teachers, an
earlier release among them, if its file lies in --releases, and is the one to ship. With --leave-out only the first teachers are trained, for leave_out.py.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from batches import Frames, Sampler
from checkpoints import TAUGHT, save, together, trained
from features import LEAST_FRAMES, MEL_BINS, WINDOW_FRAMES
from lessons import lessons
from measures import auc
from network import Detector


def score_entries(model, frames, entries, longest=WINDOW_FRAMES, batch=32):
    """Raw logits of the first `longest` frames of each entry, in the order given."""
    model.eval()
    order = sorted(range(len(entries)), key=lambda i: entries[i][3])
    logits = np.empty(len(entries), np.float32)
    with torch.no_grad():
        for start in range(0, len(order), batch):
            chosen = order[start:start + batch]
            lengths = [min(max(entries[i][3], LEAST_FRAMES), longest) for i in chosen]
            block = torch.zeros(len(chosen), max(lengths), MEL_BINS)
            for k, i in enumerate(chosen):
                clip = np.asarray(frames.frames(entries[i])[:longest], np.float32)
                while len(clip) < lengths[k]:
                    clip = np.concatenate([clip, clip])[:lengths[k]]
                block[k, :lengths[k]] = torch.from_numpy(clip)
            logits[chosen] = model(block, torch.tensor(lengths)).numpy()
    return logits


def validate(model, frames, entries):
    """(mean AUC over fake systems, all copies together counting as one, {system: AUC or mean logit})."""
    by_system = defaultdict(list)
    for longest in (200, WINDOW_FRAMES):
        for entry, logit in zip(entries, score_entries(model, frames, entries, longest)):
            row = frames.rows[entry[0]]
            by_system[row["label"], row["system"]].append(float(logit))
    real = np.concatenate([v for (label, _), v in by_system.items() if label == "real"])
    fakes = {system: auc(v, real) for (label, system), v in by_system.items() if label == "fake"}
    reals = {system: float(np.mean(v)) for (label, system), v in by_system.items() if label == "real"}
    kinds = defaultdict(list)
    for system, value in fakes.items():
        kinds["copies" if system.startswith("copy-") else system].append(value)
    return float(np.mean([np.mean(values) for values in kinds.values()])), {**fakes, **reals}


def keep_state(path, progress, model, mean, optimiser, sampler):
    """All that the next step depends on."""
    parts = {"model": model.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
    save({**parts, "reached": sampler.reached, "torch": torch.get_rng_state(), "progress": progress}, path)


def go_on(path, model, mean, optimiser, sampler):
    """Takes up what keep_state kept; returns its progress."""
    state = torch.load(path, weights_only=False)
    for part, name in ((model, "model"), (mean, "mean"), (optimiser, "optimiser")):
        part.load_state_dict(state[name])
    sampler.reached = state["reached"]
    torch.set_rng_state(state["torch"])
    return state["progress"]


def configs(settings):
    """{name: all that is set for it} of the detectors of a config, in their order: what is said for one goes before what is said for all or, where it
    goes on `from` another, for that one."""
    common = {key: value for key, value in settings.items() if key != "detectors"}
    found = {}
    for name, own in settings["detectors"].items():
        base = found.get(own.get("from"), common)
        found[name] = {**base, **own, "weights": {**base["weights"], **own.get("weights", {})}}
    return found


def sampler_of(frames, config, seed):
    return Sampler(frames, config["weights"], seed, config["twins"], config["moved"], config["squeezed"], config["alike"])


def train(corpus, folders, out, config, releases):
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    out.mkdir(parents=True, exist_ok=True)
    sampler = sampler_of(Frames(corpus, folders, "train", config["leaveOut"]), config, config["seed"])
    held = Frames(corpus, folders, "valid", passes=(0, 1))
    pick = np.random.default_rng(1).permutation(len(held.entries))[:config["validClips"]]
    entries = [held.entries[i] for i in pick]
    model = trained(out.parent, config["from"]) if config["from"] else Detector()
    model = model.to(memory_format=torch.channels_last)  # half again as fast on CPU
    mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(config["memory"]), use_buffers=True)
    teacher = together(config["taughtBy"], out.parent, releases) if config["taught"] else None
    optimiser = torch.optim.AdamW(model.parameters(), lr=config["rate"], weight_decay=config["decay"])
    best, step, losses = -1.0, 0, []
    cut_off = out / "state.pt"
    if cut_off.exists():
        best, step = go_on(cut_off, model, mean, optimiser, sampler)
    for frames, lengths, targets in lessons(sampler, teacher, config):
        warm = min(1.0, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = config["rate"] * warm * max(0.02, 0.5 * (1 + np.cos(np.pi * step / config["steps"])))
        model.train()
        loss = functional.binary_cross_entropy_with_logits(model(frames, lengths), targets)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        mean.update_parameters(model)
        losses.append(loss.item())
        step += 1
        done = step == config["steps"]
        if step % config["every"] == 0 or done:
            score, parts = validate(mean.module, held, entries)
            note = {"step": step, "loss": round(float(np.mean(losses[-config["every"]:])), 4), "validAuc": round(score, 4),
                    "parts": {k: round(v, 3) for k, v in parts.items()}}
            print(json.dumps(note), flush=True)
            if score > best:
                best = score
                save({"model": mean.module.state_dict(), "note": note, "config": config}, out / "best.pt")
            if done:
                break
            keep_state(cut_off, (best, step), model, mean, optimiser, sampler)
    save({"model": mean.module.state_dict(), "note": note, "config": config}, out / "last.pt")
    cut_off.unlink(missing_ok=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--frames", nargs="+", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--config", default=str(Path(__file__).with_name("config.json")))
    parser.add_argument("--releases", help="folder of earlier releases' files, as the config names them; without it the run's own teachers alone")
    parser.add_argument("--steps", type=int, help="of each, instead of the config's")
    parser.add_argument("--share", type=float, default=1.0, help="of the steps of each that is trained for")
    parser.add_argument("--leave-out", nargs="*", default=[], help="systems that are not heard in training, for leave_out.py")
    args = parser.parse_args()
    settings = json.loads(Path(args.config).read_text())
    settings["leaveOut"] += args.leave_out
    for detector, config in configs(settings).items():
        wanted = not (args.leave_out and detector in TAUGHT)
        if wanted and not Path(args.out, detector, "last.pt").exists():
            steps = max(1, round(args.share * (args.steps or config["steps"])))
            train(args.corpus, args.frames, Path(args.out, detector), {**config, "steps": steps}, args.releases)
