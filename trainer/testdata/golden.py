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
from transformers import (
    LlamaConfig, LlamaForCausalLM, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup, get_wsd_schedule,
)

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


# Every quantizer of the recipe, forward and backward, written as its paper has
# it. Each is a function of w [out, rows] and, if learned, alpha [out, groups].
torch.manual_seed(11)


def short(tensor):
    """Values with the nine digits that tell float32 numbers apart."""
    return [float(f"{x:.9g}") for x in flat(tensor)]


def grouped(w, group):
    return w.reshape(w.numel() // group, group)


def round_fixed(g, name, dead_zone):
    """Codes and scales of groups g [groups, group] whose scale isn't learned."""
    mean = g.abs().mean(-1, keepdim=True)
    if name == "absmean":
        scale, threshold = mean, dead_zone * mean
    elif name == "absmax":
        scale = g.abs().amax(-1, keepdim=True)
        threshold = dead_zone * scale
    elif name == "twn":  # Li et al. 2016: threshold 0.7 of the mean, scale the mean of what stays
        threshold = 0.7 * mean
        alive = g.abs() > threshold
        scale = (g.abs() * alive).sum(-1, keepdim=True) / alive.sum(-1, keepdim=True).clamp_min(1)
    elif name == "optimal":  # the k largest with the largest (sum of k)^2 / k
        ordered, _ = g.abs().double().sort(-1, descending=True)
        counts = torch.arange(1, g.shape[-1] + 1)
        sums = ordered.cumsum(-1)
        k = (sums**2 / counts).argmax(-1, keepdim=True)
        scale = (sums.gather(-1, k) / (k + 1)).float()
        threshold = ordered.gather(-1, k).float() * (1 - 1e-6)
    return torch.sign(g) * (g.abs() > threshold), scale


class Elastic(torch.autograd.Function):
    """LSQ and SEQ for three values, with ParetoQ's gradients."""

    @staticmethod
    def forward(ctx, w, alpha, kind):
        ctx.save_for_backward(w, alpha)
        ctx.kind = kind
        if kind == "lsq":
            return alpha * (w / alpha).round().clamp(-1, 1)
        return alpha * ((w / alpha).clamp(-0.99, 0.99) * 1.5).round() / 1.5

    @staticmethod
    def backward(ctx, gradient):
        w, alpha = ctx.saved_tensors
        x = w / alpha
        limit = 1.0 if ctx.kind == "lsq" else 0.99
        inside = x.abs() <= limit
        levels = x.round().clamp(-1, 1) if ctx.kind == "lsq" else (x.clamp(-0.99, 0.99) * 1.5).round() / 1.5
        of_alpha = torch.where(inside, levels - x, x.sign()) / math.sqrt(w.numel())
        return gradient * inside, (gradient * of_alpha).sum(-1, keepdim=True), None


def quantizer_case(name, group, lam, dead_zone=0.5, tequila=0.0, residual=0.0):
    out, rows = 6, 128
    w = torch.randn(out, rows).mul(0.05).requires_grad_()
    x, r = torch.randn(3, rows).requires_grad_(), torch.randn(3, out)
    alpha = None
    if name in ("lsq", "seq"):
        _, start = round_fixed(grouped(w.detach(), group), "twn", 0)
        alpha = (start * (1.5 if name == "seq" else 1)).mul(0.9).requires_grad_()  # not at its start
        q = Elastic.apply(grouped(w, group), alpha, name).reshape(out, rows)
        scales = alpha.detach() * (2 / 3 if name == "seq" else 1)
        codes = (grouped(q.detach(), group) / scales).round()
        effective = (1 - lam) * w + lam * q
    else:
        codes, scales = round_fixed(grouped(w.detach(), group), name, dead_zone)
        effective = w + lam * ((codes * scales).reshape(out, rows) - w).detach()  # straight through
    effective = effective + residual * w  # Sherry's Arenas
    dead = (codes == 0).reshape(out, rows)
    y = x @ effective.T + lam * tequila * (w * dead).sum(-1)  # Tequila's bias
    (y * r).sum().backward()
    return dict(
        name=name, group=group, lam=lam, dead_zone=dead_zone, tequila=tequila, residual=residual,
        weight=short(w), x=short(x), r=short(r), alpha=short(alpha) if alpha is not None else None,
        y=short(y), grad_weight=short(w.grad), grad_x=short(x.grad), grad_alpha=short(alpha.grad) if alpha is not None else None,
        codes=short(codes), scales=short(scales), bias=short(tequila * (w * dead).sum(-1)),
    )


write("testdata/quantizers.json", [
    quantizer_case("absmean", 64, 1.0), quantizer_case("absmean", 128, 0.4, dead_zone=0.7),
    quantizer_case("absmax", 64, 0.6, dead_zone=0.3), quantizer_case("twn", 64, 1.0), quantizer_case("twn", 128, 0.3),
    quantizer_case("optimal", 64, 1.0), quantizer_case("optimal", 128, 0.5),
    quantizer_case("lsq", 64, 1.0), quantizer_case("lsq", 128, 0.5), quantizer_case("seq", 64, 1.0), quantizer_case("seq", 128, 0.5),
    quantizer_case("absmean", 64, 1.0, tequila=1e-2), quantizer_case("seq", 64, 0.7, tequila=0.1),
    quantizer_case("absmean", 64, 1.0, residual=0.6), quantizer_case("lsq", 128, 0.8, residual=0.3),
])


# Learning rates over 100 steps after a warmup of 10, by transformers' schedules.
def rates(schedule, **arguments):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = schedule(optimizer, num_warmup_steps=10, **arguments)
    values = []
    for _ in range(101):
        values.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return values


def lambdas(f, steps=200):
    return [f(min(step / steps, 1.0)) for step in (0, steps // 4, steps // 2, steps, 2 * steps)]


write("testdata/schedules.json", {
    "rates": {
        "linear": rates(get_linear_schedule_with_warmup, num_training_steps=100),
        "cosine": rates(get_cosine_schedule_with_warmup, num_training_steps=100),
        "wsd": rates(get_wsd_schedule, num_decay_steps=40, num_training_steps=100, decay_type="linear"),
    },
    # At 0, a quarter, half, the end, and twice the steps of the warmup.
    "lambdas": {
        "none": lambdas(lambda t: 1.0),
        "linear": lambdas(lambda t: t),
        "cosine": lambdas(lambda t: 0.5 * (1 - math.cos(math.pi * t))),
        "exponential": lambdas(lambda t: 1 - (1 - t) ** 6),
        "step": lambdas(lambda t: math.floor(8 * t) / 8),
    },
    # Arenas: rises over a tenth of the steps, then falls as a cosine.
    "residuals": [(t / 0.1 if t < 0.1 else 0.5 * (1 + math.cos(math.pi * (t - 0.1) / 0.9))) for t in (0, 0.05, 0.25, 0.5, 1)],
})


# Muon: PyTorch's own optimizer, whose Newton-Schulz steps run in bfloat16, and
# the same in float32.
def newton_schulz(x):
    a, b, c = 3.4445, -4.7750, 2.0315
    transposed = x.shape[0] > x.shape[1]
    x = x.T if transposed else x
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if transposed else x


muon = []
for shape in [(12, 32), (32, 12)]:
    start = torch.randn(shape) * 0.1
    theirs, w, buffer = torch.nn.Parameter(start.clone()), start.clone(), torch.zeros(shape)
    optimizer = torch.optim.Muon([theirs], lr=0.01, momentum=0.95, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    gradients = []
    for _ in range(3):
        gradient = torch.randn(shape)
        theirs.grad = gradient.clone()
        optimizer.step()
        buffer = 0.95 * buffer + 0.05 * gradient
        update = newton_schulz(0.95 * buffer + 0.05 * gradient) * 0.2 * math.sqrt(max(shape))
        w = w - 0.01 * 0.1 * w - 0.01 * update
        gradients.append(short(gradient))
    assert torch.allclose(w, theirs.detach(), atol=3e-3), (w - theirs).abs().max()
    muon.append(dict(shape=list(shape), start=short(start), gradients=gradients, weight=short(w), bfloat16=short(theirs)))
write("testdata/muon.json", muon)


# Losses of distillation, with their gradients.
def loss_case(cross_entropy, logits_weight, temperature, layers_weight, distance):
    rows, vocab, hidden = 7, 31, 16
    logits, x = torch.randn(rows, vocab).mul(2).requires_grad_(), torch.randn(rows, hidden).requires_grad_()
    teacher_logits, teacher = torch.randn(rows, vocab) * 2, torch.randn(rows, hidden)
    targets = torch.randint(0, vocab, (rows,))
    entropy = F.cross_entropy(logits, targets)
    divergence = temperature**2 * F.kl_div(
        F.log_softmax(logits / temperature, -1), F.log_softmax(teacher_logits / temperature, -1), log_target=True, reduction="batchmean")
    if distance == "cosine":
        apart = 1 - F.cosine_similarity(x, teacher, dim=-1)
    else:
        apart = (x - teacher).square().sum(-1) / teacher.square().sum(-1)
    loss = cross_entropy * entropy + logits_weight * divergence
    layer_loss = layers_weight * apart.mean()
    (loss + layer_loss).backward()
    return dict(
        cross_entropy=cross_entropy, distill_logits=logits_weight, temperature=temperature, distill_layers=layers_weight, distance=distance,
        logits=short(logits), teacher_logits=short(teacher_logits), x=short(x), teacher=short(teacher), targets=targets.tolist(),
        loss=float(loss), entropy=float(entropy), layer_loss=float(layer_loss), grad_logits=short(logits.grad), grad_x=short(x.grad),
    )


write("testdata/losses.json", [
    loss_case(1.0, 0.5, 1.0, 0.3, "cosine"), loss_case(0.0, 2.0, 4.0, 3.0, "squared"), loss_case(0.5, 1.0, 2.0, 1.0, "cosine"),
])


# Inputs in 8 bits, with a scale per token or per channel: a layer in training,
# where a channel's scale is the batch's.
torch.manual_seed(13)


def largest(x, dim):
    return x.detach().abs().amax(dim, keepdim=True).clamp_min(1e-5)


def round_inputs(x, scale):
    return (x / scale).round().clamp(-128, 127) * scale


def activation_case(scales, start, lam):
    w, x, r = torch.randn(6, 128).mul(0.05).requires_grad_(), torch.randn(5, 128), torch.randn(5, 6)
    x[:, 7] = 0  # a channel without any size
    x.requires_grad_()
    scale = largest(x, -1 if scales == "token" else 0) / 127
    share = 1.0 if start == "once" else lam
    inputs = x + share * (round_inputs(x, scale) - x).detach()
    y = inputs @ (w + lam * (dequantize(*ternary(w.detach(), 64)) - w).detach()).T
    (y * r).sum().backward()
    return dict(scales=scales, start=start, lam=lam, weight=short(w), x=short(x), r=short(r), y=short(y),
                grad_weight=short(w.grad), grad_x=short(x.grad))


# A whole model: scales fixed from two batches at lambda 1, and its perplexity
# with these scales.
def linear_layers(m):
    return {name + ".weight": m.get_submodule(name) for name in linear_names(m)}


model = LlamaForCausalLM.from_pretrained(ROOT / "testdata" / "tiny").float().eval()
fixed = {}


def observe(name, x, weight):
    flattened = x.reshape(-1, x.shape[-1])
    size = largest(flattened, 0)
    fixed[name] = torch.maximum(fixed.get(name, size), size)
    return (round_inputs(flattened, size / 127) @ dequantize(*ternary(weight, 64)).T).reshape(*x.shape[:-1], -1)


for name, module in linear_layers(model).items():
    module.forward = lambda x, name=name, module=module: observe(name, x, module.weight)
calibration = torch.randint(0, 61, (2, 2, 17))
with torch.no_grad():
    for batch in calibration:
        model(batch[:, :-1])
for name, module in linear_layers(model).items():
    module.forward = lambda x, name=name, module=module: round_inputs(x, fixed[name][0] / 127) @ exported(module.weight).T
write("testdata/activations.json", {
    "layers": [
        activation_case("token", "lambda", 0.4), activation_case("channel", "lambda", 0.4),
        activation_case("channel", "lambda", 1.0), activation_case("channel", "once", 0.3),
    ],
    "calibration": calibration.reshape(2, -1).tolist(), "scales": {name: short(size / 127) for name, size in fixed.items()},
    "tokens": ids.tolist(), "context": 32, "eval_ppl": perplexity(model, ids, 32),
})
