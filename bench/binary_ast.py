"""The seed's BinaryAST in plain PyTorch: the model that its card builds from YuanGongND/ast and timm 0.4.5's distilled DeiT,
with the same parameter names and the same arithmetic, and without those packages. `make_ast.py` in test/golden proves it
against Hugging Face's own implementation. `windows` is float32 [batch, frames, mel bins]; the answer is [batch, outputs].
"""

import torch
from torch import nn

SIZES = {"tiny": (192, 12), "small": (384, 12), "base": (768, 12)}
PATCH, STRIDE, HEAD_WIDTH = 16, 10, 64


class Attention(nn.Module):
    def __init__(self, width: int, fused: bool):
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.fused = fused
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        query, key, value = self.qkv(x).reshape(batch, tokens, 3, self.heads, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        if self.fused:
            mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        else:
            mixed = ((query @ key.transpose(-2, -1)) * HEAD_WIDTH**-0.5).softmax(dim=-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class FeedForward(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width: int, fused: bool):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, fused)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = FeedForward(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbedding(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.proj = nn.Conv2d(1, width, PATCH, STRIDE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class DistilledTransformer(nn.Module):
    def __init__(self, width: int, layers: int, patches: int, fused: bool):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.dist_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, patches + 2, width))
        self.patch_embed = PatchEmbedding(width)
        self.blocks = nn.ModuleList(Block(width, fused) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        # DeiT's own heads: in every checkpoint, used by none of these models.
        self.head = nn.Linear(width, 2)
        self.head_dist = nn.Linear(width, 2)


class Ast(nn.Module):
    def __init__(self, width: int, layers: int, frames: int, mel_bins: int, outputs: int, fused: bool):
        super().__init__()
        patches = ((mel_bins - PATCH) // STRIDE + 1) * ((frames - PATCH) // STRIDE + 1)
        self.v = DistilledTransformer(width, layers, patches, fused)
        self.mlp_head = nn.Sequential(nn.LayerNorm(width), nn.Dropout(0.3), nn.Linear(width, outputs))

    def pooled(self, windows: torch.Tensor) -> torch.Tensor:
        x = self.v.patch_embed(windows.unsqueeze(1).transpose(2, 3))
        tokens = [token.expand(x.shape[0], -1, -1) for token in (self.v.cls_token, self.v.dist_token)]
        x = torch.cat((*tokens, x), dim=1) + self.v.pos_embed
        for block in self.v.blocks:
            x = block(x)
        x = self.v.norm(x)
        return (x[:, 0] + x[:, 1]) / 2

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        return self.mlp_head(self.pooled(windows))


class BinaryAST(nn.Module):
    def __init__(self, width: int, layers: int, frames: int = 1024, outputs: int = 1, fused: bool = False):
        super().__init__()
        self.ast = Ast(width, layers, frames, 128, outputs, fused)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        return self.ast(windows)


def fill_at_random(model: nn.Module, seed: int) -> None:
    """Seeded weights that keep every layer's output about as large as its input, norms and biases that are not trivial."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = parameter.dim() == 1 and name.endswith("weight")
            if is_norm:
                parameter.copy_(1 + 0.1 * noise)
            elif parameter.dim() in (2, 4):
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
            else:
                parameter.copy_((0.1 if parameter.dim() == 1 else 0.5) * noise)


def spread_head(linear: nn.Linear, features: torch.Tensor, furthest: float = 2.9) -> None:
    """A head that looks, as a trained one does, where these features, [windows, width], differ most, scaled so that its
    outputs for them reach from -furthest to furthest; a second output is the first one's negative."""
    with torch.no_grad():
        direction = torch.linalg.svd(features - features.mean(dim=0), full_matrices=False).Vh[0]
        found = features @ direction
        scale = 2 * furthest / (found.max() - found.min())
        for output, sign in zip(range(linear.out_features), (1, -1)):
            linear.weight[output] = sign * scale * direction
            linear.bias[output] = -sign * scale * (found.max() + found.min()) / 2
