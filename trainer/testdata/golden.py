"""Computes the golden values of the numeric tests with PyTorch and transformers.

    python trainer/testdata/golden.py        # from the repository's root

Needs torch, transformers, safetensors (made with 2.15.0, 5.23.0). The tests
read the files it writes and need no Python.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(7)
torch.set_num_threads(1)
ROOT = pathlib.Path("trainer")


def write(path, values):
    path = ROOT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values) + "\n")


def flat(tensor):
    return [float(x) for x in tensor.detach().flatten()]


# A tiny Llama as Hugging Face writes it to disk.
config = LlamaConfig(
    hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, vocab_size=61, max_position_embeddings=64, rope_theta=10000.0,
    rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=False,
)
model = LlamaForCausalLM(config).float().eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            parameter.add_(0.1 * torch.randn_like(parameter))
        else:
            parameter.copy_(0.08 * torch.randn_like(parameter))
model.save_pretrained(ROOT / "testdata" / "tiny")
(ROOT / "testdata" / "tiny" / "generation_config.json").unlink(missing_ok=True)

tokens = torch.randint(0, 61, (2, 9))
logits = model(tokens).logits
write("llama/testdata/logits.json", {"tokens": tokens.tolist(), "logits": flat(logits)})


# Quantization, written as the formulas stand in the papers.
def ternary(w, group, scale="absmean", dead_zone=0.5):
    out, rows = w.shape
    g = w.reshape(out * rows // group, group)
    s = g.abs().amax(-1, keepdim=True) if scale == "absmax" else g.abs().mean(-1, keepdim=True)
    s = s.clamp_min(1e-5)
    codes = torch.sign(g) * ((g / s).abs() > dead_zone)
    return codes.reshape(out, rows), s.reshape(out, rows // group)


def dequantize(codes, scales):
    return codes * scales.repeat_interleave(codes.shape[1] // scales.shape[1], dim=1)


def quantize_activations(x):
    s = 127 / x.abs().amax(-1, keepdim=True).clamp_min(1e-5)
    return (x * s).round().clamp(-128, 127) / s


def bit_linear(x, w, lam, group, scale="absmean", dead_zone=0.5, bits=16, tequila=False):
    codes, scales = ternary(w.detach(), group, scale, dead_zone)
    w_eff = w + lam * (dequantize(codes, scales) - w).detach()
    if bits == 8:
        x = x + lam * (quantize_activations(x) - x).detach()
    y = x @ w_eff.T
    if tequila:
        y = y + lam * 1e-3 * (w * (codes == 0)).sum(-1)
    return y


cases = []
for settings in [
    dict(lam=0.3, group=64), dict(lam=1.0, group=128), dict(lam=0.7, group=64, scale="absmax"),
    dict(lam=0.6, group=64, dead_zone=0.75), dict(lam=0.4, group=64, bits=8),
    dict(lam=0.8, group=64, tequila=True),
]:
    w = torch.randn(6, 128).mul(0.05).requires_grad_()
    x = torch.randn(5, 128).requires_grad_()
    r = torch.randn(5, 6)
    y = bit_linear(x, w, **settings)
    (y * r).sum().backward()
    codes, scales = ternary(w.detach(), settings["group"], settings.get("scale", "absmean"), settings.get("dead_zone", 0.5))
    cases.append(dict(
        lam=settings["lam"], group=settings["group"], scale=settings.get("scale", "absmean"),
        dead_zone=settings.get("dead_zone", 0.5), bits=settings.get("bits", 16), tequila=settings.get("tequila", False),
        weight=flat(w), x=flat(x), r=flat(r), y=flat(y), grad_weight=flat(w.grad), grad_x=flat(x.grad),
        codes=flat(codes), scales=flat(scales),
    ))
write("testdata/bitlinear.json", cases)


# Three whole training steps of the tiny model: loss, gradient norms, weights.
def linear_names(m):
    return [n for n, module in m.named_modules() if isinstance(module, torch.nn.Linear) and n != "lm_head"]


def patch(m, forward):
    for name in linear_names(m):
        module = m.get_submodule(name)
        module.forward = (lambda x, module=module: forward(x, module.weight))


lam, learning_rate, decay = 0.5, 1e-3, 0.1
patch(model, lambda x, w: bit_linear(x, w, lam, 64))
decayed = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
others = [p for n, p in model.named_parameters() if not (p.dim() == 2 and "embed" not in n)]
optimizer = torch.optim.AdamW(
    [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}],
    lr=learning_rate, betas=(0.9, 0.95), eps=1e-8,
)
steps = []
for _ in range(3):
    batch = torch.randint(0, 61, (2, 17))
    logits = model(batch[:, :-1]).logits
    loss = F.cross_entropy(logits.reshape(-1, 61), batch[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    norms = {n: float(p.grad.norm()) for n, p in model.named_parameters()}
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    steps.append(dict(tokens=batch.flatten().tolist(), loss=float(loss), gradient_norm=float(norm), norms=norms))
write("testdata/steps.json", dict(
    lam=lam, learning_rate=learning_rate, weight_decay=decay, steps=steps,
    weights={n: flat(p) for n, p in model.named_parameters() if "layers.1.mlp.down" in n or "norm" in n},
))


# Perplexity over windows, full precision and as an export is evaluated.
def perplexity(m, ids, context):
    losses = []
    with torch.no_grad():
        for start in range(0, len(ids) - context + 1, context):
            window = ids[start:start + context].unsqueeze(0)
            logits = m(window).logits[0, :-1]
            losses.append(F.cross_entropy(logits, window[0, 1:]))
    return math.exp(torch.stack(losses).double().mean())


reference = LlamaForCausalLM.from_pretrained(ROOT / "testdata" / "tiny").float().eval()
ids = torch.randint(0, 61, (700,))
result = {"tokens": ids.tolist(), "context": 32, "full": perplexity(reference, ids, 32)}


def exported(w):
    codes, scales = ternary(w.detach(), 64)
    return dequantize(codes, scales.half().float())


patch(reference, lambda x, w: x @ exported(w).T)
result["ternary"] = perplexity(reference, ids, 32)
patch(reference, lambda x, w: quantize_activations(x) @ exported(w).T)
result["ternary_8bit"] = perplexity(reference, ids, 32)
write("evaluate/testdata/perplexity.json", result)

halves = torch.cat([torch.randn(200), torch.randn(200) * 1e-6, torch.tensor([0.0, 65504.0, 1e-8, 6.1e-5, 0.33325195])])
write("checkpoint/testdata/float16.json", {"float32": flat(halves), "float16": flat(halves.half().float())})
