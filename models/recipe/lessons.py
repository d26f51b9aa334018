"""Windows and what is to be said of them, drawn and asked of the teachers by a process of its own, while training learns from those before.

The target of a window is its label or, of a detector that is `taught`, a part of it what its teachers together say of the window. Where they hear it
`clear`, it is as it was before any channel, so that of a telephone call is said what they say of the studio (a noised student and
teachers that are not, Xie et al. 2020). Of systems that the teachers have not heard (`unknown`) the label alone is said.
"""

import multiprocessing
from queue import Empty, Full

import torch

WAITING = 6  # batches


def put(queue, lesson):
    """Waits for room; False if the training has been killed meanwhile."""
    while multiprocessing.parent_process().is_alive():
        try:
            queue.put(lesson, timeout=1)
            return True
        except Full:
            pass
    queue.cancel_join_thread()
    return False


def draw_lessons(queue, sampler, teacher, config):
    torch.set_num_threads(1)
    if sampler.reached:
        sampler.draw.bit_generator.state, noise = sampler.reached
        torch.set_rng_state(torch.from_numpy(noise))
    else:
        torch.manual_seed(int(sampler.draw.integers(1 << 40)))
    going_on = True
    while going_on:
        frames, clear, lengths, labels, systems = sampler.batch(config["batch"])
        targets = labels * (1 - 2 * config["smoothing"]) + config["smoothing"]
        if teacher:
            part = torch.tensor([0.0 if system in config["unknown"] else config["taught"] for system in systems])
            with torch.no_grad():
                targets = torch.lerp(targets, torch.sigmoid(teacher(clear if config["clear"] else frames, lengths)), part)
        reached = sampler.draw.bit_generator.state, torch.get_rng_state().numpy()
        going_on = put(queue, (frames.numpy(), lengths.numpy(), targets.numpy(), reached))


def next_of(queue, process):
    """What comes next from the process; an error if that has ended."""
    while True:
        try:
            return queue.get(timeout=1)
        except Empty:
            if not process.is_alive():
                raise RuntimeError("the process that draws windows has ended; its error is above") from None


def lessons(sampler, teacher, config):
    """Yields (frames float32 [batch, T, 128], lengths int64 [batch], targets float32 [batch]) without end; `sampler.reached` is where the draws
    were after them."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue(WAITING)
    process = context.Process(target=draw_lessons, args=(queue, sampler, teacher, config), daemon=True)
    process.start()
    try:
        while True:
            *lesson, sampler.reached = next_of(queue, process)
            yield [torch.from_numpy(values) for values in lesson]
    finally:
        process.terminate()
