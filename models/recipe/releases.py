"""A released model back in PyTorch, to teach its successors: `git show COMMIT:models/default/model.fp32.onnx`."""

import onnx
import torch
from onnx import numpy_helper

from network import Detector


def released(path):
    """The Detector that a model.fp32.onnx was made of, for inference. Each norm was folded into the convolution before it: here it only adds a bias."""
    graph = onnx.load(path).graph
    tensors = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    model = Detector()
    steps, times = model.backbone.steps, model.backbone.time
    folded = [*((step.conv, step.norm) for step in steps), (model.backbone.join, model.backbone.join_norm), *((step.conv, step.norm) for step in times)]
    convolutions = [node.input for node in graph.node if node.op_type == "Conv"]
    attention = [node.input for node in graph.node if node.op_type == "MatMul"]
    with torch.no_grad():
        for (conv, norm), (_, weight, bias) in zip(folded, convolutions, strict=True):
            conv.weight.copy_(tensors[weight])
            norm.running_var.fill_(1 - norm.eps)
            norm.bias.copy_(tensors[bias])
        for at, (_, weight) in zip((0, 2), attention, strict=True):
            model.head.attention[at].weight.copy_(tensors[weight].T)
            model.head.attention[at].bias.copy_(tensors[f"head.attention.{at}.bias"])
        model.head.out.weight.copy_(tensors["head.out.weight"])
        model.head.out.bias.copy_(tensors["head.out.bias"])
    return model.eval()
