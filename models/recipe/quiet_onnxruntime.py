"""onnxruntime with its telemetry off, which must be said before it loads."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime  # noqa: E402

__all__ = ["on_one_thread", "onnxruntime"]


def on_one_thread(model):
    """A session of a model's bytes or path whose inferences use one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
