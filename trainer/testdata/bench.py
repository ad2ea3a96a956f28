"""Times a QAT step of SmolLM-135M side by side: ours, PyTorch eager, torch.compile.

    go test -c -o bin/steps ./trainer                       # with GOEXPERIMENT=simd and cgo
    PJRT_PLUGIN=... python trainer/testdata/bench.py bin/steps [2x128 [cuda]]

With "cuda" both run on the GPU, with TF32 products. The three take turns, so that a machine whose speed drifts is the same for all.
Weights are random in both (a step's time doesn't depend on them), shapes, number
of threads and arithmetic (fp32, BitLinear with groups of 64, clipping, AdamW)
are the same. Prints the median seconds per step, the ratios, and the rate of a
large matrix product in the same run.
"""

import os
import re
import statistics
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

ROUNDS, STEPS = 3, 3
THREADS = os.cpu_count()
torch.set_num_threads(THREADS)
torch.manual_seed(1)
binary, shape, device = sys.argv[1], (sys.argv[2:] + ["2x128"])[0], (sys.argv[3:] + ["cpu"])[0]
batch, length = map(int, shape.split("x"))
if device == "cuda":
    ROUNDS, STEPS = 3, 20
    torch.backends.cuda.matmul.allow_tf32 = True


class BitLinear(torch.nn.Linear):
    def forward(self, x):
        w = self.weight
        groups = w.detach().reshape(-1, 64)
        scale = groups.abs().mean(-1, keepdim=True).clamp_min(1e-5)
        ternary = ((groups / scale).round().clamp(-1, 1) * scale).reshape(w.shape)
        return F.linear(x, w + 0.5 * (ternary - w).detach())


def build():
    model = LlamaForCausalLM(LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        vocab_size=49152, max_position_embeddings=2048, rms_norm_eps=1e-5, tie_word_embeddings=True))
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module is not model.lm_head:
            module.__class__ = BitLinear
    return model.to(device)


model = build()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0)
compiled = torch.compile(model)


def step(forward):
    tokens = torch.randint(0, 49152, (batch, length + 1), device=device)
    logits = forward(tokens[:, :-1]).logits
    loss = F.cross_entropy(logits.reshape(-1, 49152), tokens[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if device == "cuda":
        torch.cuda.synchronize()


def timed(forward):
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step(forward)
        times.append(time.perf_counter() - start)
    return times


def ours():
    """Go's benchmark gives the mean of its steps and the first step apart."""
    out = subprocess.run(
        [binary, "-test.run", "^$", "-test.bench", f"StepSmolLM/{shape}$", "-test.benchtime", f"{STEPS}x"],
        capture_output=True, text=True, check=True,
        env=os.environ | {"TERNLAB_BENCH_BACKEND": "cuda" if device == "cuda" else "xla"}).stdout
    mean = re.search(r"([0-9.]+) ns/op", out)
    first = re.search(r"([0-9.]+) s/first-step", out)
    if not mean or not first:
        sys.exit("no figures from our benchmark:\n" + out)
    return float(mean.group(1)) / 1e9, float(first.group(1))


def sgemm():
    a, b = torch.randn(2048, 2048, device=device), torch.randn(2048, 2048, device=device)
    float(torch.mm(a, b)[0, 0])
    start = time.perf_counter()
    for _ in range(5):
        product = torch.mm(a, b)
    float(product[0, 0])
    return 5 * 2 * 2048**3 / (time.perf_counter() - start) / 1e9


start = time.perf_counter()
step(model)
first_eager = time.perf_counter() - start
start = time.perf_counter()
step(compiled)
first_compiled = time.perf_counter() - start
step(compiled)
figures = {"ours": [], "eager": [], "compile": []}
firsts, rates = [], []
for _ in range(ROUNDS):
    rates.append(sgemm())
    mean, first = ours()
    figures["ours"].append(mean)
    firsts.append(first)
    figures["eager"] += timed(model)
    figures["compile"] += timed(compiled)

median = {name: statistics.median(times) for name, times in figures.items()}
rows = batch * length
flops = rows * (6 * 106_168_320 + 6 * 28_311_552 + 12 * 30 * 576 * length)
print(f"batch {shape}, {device}, {THREADS} threads, torch {torch.__version__}")
for name, times in figures.items():
    print(f"{name:8} median {median[name]:.3f} s/step   all: {' '.join(f'{t:.3f}' for t in times[:9])}")
print(f"first step: ours {statistics.median(firsts):.1f} s, eager {first_eager:.1f} s, torch.compile {first_compiled:.1f} s")
best = min(median["eager"], median["compile"])
print(f"ours / best PyTorch: {median['ours'] / best:.2f}")
rate = statistics.median(rates)
print(f"sgemm {rate:.0f} GFLOP/s; our step at {flops / median['ours'] / 1e9:.0f} GFLOP/s is {100 * flops / median['ours'] / 1e9 / rate:.0f} % of it")
