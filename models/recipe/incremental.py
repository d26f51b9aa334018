"""The network in two ONNX graphs, for streams whose windows overlap: nothing that an earlier window worked out is done again.

backbone: frames [B, T, 128] → embeddings [B, (T - RECEPTIVE) // STRIDE + 1, EMBEDDING + 1], the last value being the attention score.
head: embeddings [B, N, EMBEDDING + 1] and valid int64 [B] (how many of N count) → fakeLogit [B] and evidence [B, N].

Evidence is what each embedding adds to the fake logit. With attention weights a_i, mean m = Σ a_i e_i and deviation
s = √(Σ a_i (e_i - m)² + ε), the head is w·m + u·s + c = Σ a_i (w·e_i + u·(e_i - m)²/s + u·ε/s + c), since s = (s² - ε)/s + ε/s.
"""

import hashlib

import numpy as np
import onnx
import torch
from torch import nn

from features import LEAST_FRAMES, MEL_BINS, WINDOW_FRAMES
from network import EMBEDDING, RECEPTIVE, STRIDE
from quiet_onnxruntime import onnxruntime

EMBEDDINGS = (WINDOW_FRAMES - RECEPTIVE) // STRIDE + 1
SPREAD_FLOOR = 1e-4


class ScoredEmbeddings(nn.Module):
    def __init__(self, detector):
        super().__init__()
        self.backbone, self.attention = detector.backbone, detector.head.attention

    def forward(self, frames):
        embeddings = self.backbone(frames)
        return torch.cat([embeddings, self.attention(embeddings)], dim=2)


class PooledLogit(nn.Module):
    def __init__(self, detector):
        super().__init__()
        self.out = detector.head.out

    def forward(self, scored, valid):
        embeddings, scores = scored[:, :, :EMBEDDING], scored[:, :, EMBEDDING]
        mask = (torch.arange(scored.shape[1])[None, :] < valid[:, None]).to(scored.dtype)
        weights = torch.softmax(scores + (mask - 1.0) * 1e4, dim=1)
        mean = torch.matmul(weights.unsqueeze(1), embeddings).squeeze(1)
        squares = (embeddings - mean.unsqueeze(1)).square()
        deviation = torch.sqrt(torch.matmul(weights.unsqueeze(1), squares).squeeze(1) + SPREAD_FLOOR)
        logit = self.out(torch.cat([mean, deviation], dim=1)).squeeze(1)
        of_mean, of_deviation = self.out.weight[0, :EMBEDDING], self.out.weight[0, EMBEDDING:] / deviation
        # The constant stands on the left: as a column on the right onnxruntime packs it, which costs four times the rest of the head.
        linear = torch.matmul(of_mean[None, None, :], embeddings.transpose(1, 2)).squeeze(1) + torch.matmul(squares, of_deviation.unsqueeze(2)).squeeze(2)
        rest = SPREAD_FLOOR * of_deviation.sum(dim=1) + self.out.bias
        return logit, weights * (linear + rest.unsqueeze(1))


def write_graph(module, inputs, path, names, outputs, dynamic):
    torch.onnx.export(module, inputs, str(path), input_names=names, output_names=outputs,
                      dynamic_axes={name: {axis: f"{name}{axis}" for axis in axes} for name, axes in dynamic.items()},
                      opset_version=17, dynamo=False)
    graph = onnx.load(path)
    onnx.checker.check_model(graph)
    graph.doc_string = f"earwitness-small: {' and '.join(names)} to {' and '.join(outputs)}"
    onnx.save(graph, path)
    return {"path": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def write_incremental(model, out):
    """Writes both graphs and checks them. Returns the manifest's `incremental` section and the edition's `parts`."""
    frames = torch.randn(2, RECEPTIVE + 12 * STRIDE, MEL_BINS)
    scored, valid = torch.randn(2, EMBEDDINGS, EMBEDDING + 1), torch.tensor([EMBEDDINGS, 5])
    parts = {
        "backbone": write_graph(ScoredEmbeddings(model).eval(), (frames,), out / "backbone.fp32.onnx", ["frames"], ["embeddings"],
                                {"frames": (0, 1), "embeddings": (0, 1)}),
        "head": write_graph(PooledLogit(model).eval(), (scored, valid), out / "head.fp32.onnx", ["embeddings", "valid"],
                            ["fakeLogit", "evidence"], {"embeddings": (0, 1), "valid": (0,), "fakeLogit": (0,), "evidence": (0, 1)}),
    }
    check_incremental(model, out / parts["backbone"]["path"], out / parts["head"]["path"])
    section = {
        "receptiveFrames": RECEPTIVE, "strideFrames": STRIDE, "embeddingWidth": EMBEDDING + 1,
        "backbone": {"input": "frames", "output": "embeddings"},
        "head": {"input": "embeddings", "validTensor": "valid", "output": "fakeLogit", "evidence": "evidence"},
    }
    return section, parts


def check_incremental(model, backbone_path, head_path):
    """Windows whose embeddings come in hops against PyTorch on the whole window; raises on a difference."""
    backbone, head = (onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]) for path in (backbone_path, head_path))
    frames = np.random.default_rng(6).normal(-2, 1.5, (1, WINDOW_FRAMES, MEL_BINS)).astype(np.float32)
    worst, unexplained = 0.0, 0.0
    for length in (RECEPTIVE, LEAST_FRAMES, 517, WINDOW_FRAMES):
        count = (length - RECEPTIVE) // STRIDE + 1
        scored = np.zeros((1, EMBEDDINGS, EMBEDDING + 1), np.float32)
        for first in range(0, count, 13):
            last = min(count, first + 13) - 1
            scored[:, first:last + 1] = backbone.run(None, {"frames": frames[:, first * STRIDE:last * STRIDE + RECEPTIVE]})[0]
        logit, evidence = head.run(None, {"embeddings": scored, "valid": np.array([count], np.int64)})
        padded = torch.from_numpy(frames * (np.arange(WINDOW_FRAMES) < length)[None, :, None].astype(np.float32))
        with torch.no_grad():
            alone = float(model(padded, torch.tensor([length]))[0])
        worst = max(worst, abs(float(logit[0]) - alone))
        unexplained = max(unexplained, abs(float(evidence.sum()) - float(logit[0])))
    print("in hops against the whole window", worst, "evidence against the logit", unexplained)
    assert worst <= 1e-4 and unexplained <= 1e-3
