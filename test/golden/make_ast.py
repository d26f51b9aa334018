"""Writes two small transformers with seeded random weights, real mel windows, and the logits that PyTorch gives for them.

`ast/binary.pth`    the seed's BinaryAST as its training saved it (`model_state_dict` beside other things): 192 frames
`ast/hugging-face/` Hugging Face's ASTForAudioClassification, two outputs, 4 heads of 32, half-precision weights: 128 frames
`ast/windows.npy`   int16 [windows, 192, 128], the fixtures' mel frames in steps of 1/1024, which are exact in float32
`ast/golden.json`   logits in float32 for these windows (the second model takes their first 128 frames), versions, and how
                    far BinaryAST is from Hugging Face's model with the very same weights

Needs torch, transformers, safetensors and numpy. The mel frames are the seed's recipe in numpy, in float64.
"""

import json
import pathlib
import sys
import wave

import numpy as np
import safetensors
import torch
import transformers
from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "bench"))
from binary_ast import STRIDE, BinaryAST, fill_at_random, spread_head  # noqa: E402

OUT = HERE / "ast"
FRAMES = {"binary": 192, "hugging-face": 128}
STEPS = 1024
# Which fixture, and where a window of 192 frames begins in it.
WINDOWS = (("real-speech", 40), ("real-speech", 420), ("real-speech", 800), ("fake-speech", 100), ("fake-speech", 600))


def read_wav(name: str) -> np.ndarray:
    with wave.open(str(HERE.parent / f"fixtures/audio/{name}.wav")) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return data / 32768


def mel_frames(samples: np.ndarray) -> np.ndarray:
    """torchaudio's MelSpectrogram and AmplitudeToDB as the seed uses them: [samples] -> [frames, 128]"""
    hertz = lambda mel: 700 * (10 ** (mel / 2595) - 1)  # noqa: E731
    edges = hertz(np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 130))
    slopes = (edges[None, :] - np.linspace(0, 8000, 1025)[:, None])
    widths = np.diff(edges)
    filters = np.maximum(0, np.minimum(-slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, 1024, mode="reflect"), 2048)[::160]
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    return (10 * np.log10(np.maximum(power @ filters, 1e-10)) + 4.26) / (4.57 * 2)


def real_windows() -> np.ndarray:
    mels = {name: mel_frames(read_wav(name)) for name in {name for name, _ in WINDOWS}}
    cut = [mels[name][start : start + FRAMES["binary"]] for name, start in WINDOWS]
    return np.round(np.stack(cut) * STEPS).astype(np.int16)


def binary_ast(windows: torch.Tensor) -> BinaryAST:
    model = BinaryAST(width=128, layers=2, frames=FRAMES["binary"]).eval()
    # Any seed will do: how far int8 is from a model this narrow depends on it, and the tests allow for that.
    fill_at_random(model, seed=14)
    spread_head(model.ast.mlp_head[2], model.ast.mlp_head[0](model.ast.pooled(windows)))
    model.ast.v.head = model.ast.v.head_dist = None
    return model


def hugging_face(windows: torch.Tensor) -> ASTForAudioClassification:
    config = ASTConfig(
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=512,
        max_length=FRAMES["hugging-face"],
        num_labels=2,
        id2label={0: "Bonafide", 1: "Spoof"},
        label2id={"Bonafide": 0, "Spoof": 1},
    )
    model = ASTForAudioClassification(config).eval()
    fill_at_random(model, seed=5)
    pooled = model.audio_spectrogram_transformer(windows).pooler_output
    spread_head(model.classifier.dense, model.classifier.layernorm(pooled), furthest=1.45)
    # What is saved is in half precision; what is compared has the same numbers in float32.
    return model.half().float()


def as_hugging_face(model: BinaryAST, epsilons: tuple[float, float]) -> ASTForAudioClassification:
    """The same weights in Hugging Face's model: what proves BinaryAST to be an AST."""
    ast = model.ast
    config = ASTConfig(
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=512,
        max_length=FRAMES["binary"],
        num_labels=1,
        layer_norm_eps=epsilons[0],
        time_stride=STRIDE,
        frequency_stride=STRIDE,
    )
    other = ASTForAudioClassification(config).eval()
    other.classifier.layernorm.eps = epsilons[1]
    body, state = "audio_spectrogram_transformer.", {}

    def take(name: str, module: torch.nn.Module) -> None:
        state.update({f"{name}.weight": module.weight, f"{name}.bias": module.bias})

    state[f"{body}embeddings.cls_token"] = ast.v.cls_token
    state[f"{body}embeddings.distillation_token"] = ast.v.dist_token
    state[f"{body}embeddings.position_embeddings"] = ast.v.pos_embed
    take(f"{body}embeddings.patch_embeddings.projection", ast.v.patch_embed.proj)
    for number, block in enumerate(ast.v.blocks):
        stem = f"{body}layers.{number}."
        for kind, weight, bias in zip("qkv", block.attn.qkv.weight.chunk(3), block.attn.qkv.bias.chunk(3)):
            state.update({f"{stem}attention.{kind}_proj.weight": weight, f"{stem}attention.{kind}_proj.bias": bias})
        take(f"{stem}attention.o_proj", block.attn.proj)
        take(f"{stem}layernorm_before", block.norm1)
        take(f"{stem}layernorm_after", block.norm2)
        take(f"{stem}mlp.fc1", block.mlp.fc1)
        take(f"{stem}mlp.fc2", block.mlp.fc2)
    take(f"{body}layernorm", ast.v.norm)
    take("classifier.layernorm", ast.mlp_head[0])
    take("classifier.dense", ast.mlp_head[2])
    other.load_state_dict(state)
    return other


def main() -> None:
    stored = real_windows()
    windows = torch.from_numpy(stored.astype(np.float32) / STEPS)
    short = windows[:, : FRAMES["hugging-face"]]
    with torch.inference_mode(False), torch.no_grad():
        binary, other = binary_ast(windows), hugging_face(short)
        logits = {"binary": binary(windows), "hugging-face": other(short).logits}
        apart = (as_hugging_face(binary, (1e-6, 1e-5))(windows).logits - logits["binary"]).abs().max().item()
        if apart > 1e-4:
            raise SystemExit(f"BinaryAST is {apart} from Hugging Face's AST with the same weights")

    OUT.mkdir(exist_ok=True)
    np.save(OUT / "windows.npy", stored, allow_pickle=False)
    state = {name: value.clone() for name, value in binary.state_dict().items()}
    torch.save({"epoch": 3, "model_state_dict": state, "loss": 0.25}, OUT / "binary.pth")
    folder = OUT / "hugging-face"
    other.half().save_pretrained(folder)
    ASTFeatureExtractor(max_length=FRAMES["hugging-face"]).save_pretrained(folder)
    report = {
        "versions": {module.__name__: module.__version__ for module in (torch, transformers, safetensors, np)},
        "binaryAstFromHuggingFace": apart,
        "steps": STEPS,
        "models": {name: {"frames": FRAMES[name], "logits": found.tolist()} for name, found in logits.items()},
    }
    (OUT / "golden.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
