"""Times a QAT step of SmolLM-135M side by side: ours, PyTorch eager, torch.compile.

    go test -c -o bin/steps ./trainer                       # with GOEXPERIMENT=simd and cgo
    PJRT_PLUGIN=... python trainer/testdata/bench.py bin/steps [2x128 [cuda]]

With "cuda" all run on the GPU, with TF32 products. Each runs in a process of its
own, and they take turns, so that a machine whose speed drifts is the same for all.
All train the same weights (random, seed 1, handed to ours as model.safetensors)
on the same tokens with the same number of threads and the same arithmetic: fp32,
BitLinear with groups of 64 and lambda 1, clipping, AdamW. Their first losses show
it. Prints the median seconds per step, the time from each process's start to the
end of its first step (imports, loading and compiling included), the peak of each
process's memory, the ratios, and the rate of a large matrix product in the same run.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

VOCAB = 49152


class BitLinear(torch.nn.Linear):
    def forward(self, x):
        w = self.weight
        groups = w.detach().reshape(-1, 64)
        scale = groups.abs().mean(-1, keepdim=True).clamp_min(1e-5)
        ternary = ((groups / scale).round().clamp(-1, 1) * scale).reshape(w.shape)
        return F.linear(x, w + (ternary - w).detach())


class Trainer:
    """A process's part: one of PyTorch's ways, told on stdin how many steps to take."""

    def __init__(self, folder, batch, length, device, compiled):
        self.model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).to(device)
        for module in self.model.modules():
            if isinstance(module, torch.nn.Linear) and module is not self.model.lm_head:
                module.__class__ = BitLinear
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0)
        self.forward = torch.compile(self.model) if compiled else self.model
        tokens = torch.arange(batch * (length + 1), device=device) * 7919 % VOCAB
        self.tokens, self.device = tokens.reshape(batch, length + 1), device

    def step(self):
        logits = self.forward(self.tokens[:, :-1]).logits
        loss = F.cross_entropy(logits.reshape(-1, VOCAB), self.tokens[:, 1:].reshape(-1))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        if self.device == "cuda":
            torch.cuda.synchronize()
        return loss

    def serve(self):
        print(float(self.step().detach()), flush=True)
        self.step()  # torch.compile may compile again
        for line in sys.stdin:
            times = []
            for _ in range(int(line)):
                start = time.perf_counter()
                self.step()
                times.append(time.perf_counter() - start)
            print(*times, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, flush=True)


class PyTorch:
    """A Trainer in a process of its own, which stays."""

    def __init__(self, name, folder, shape, device):
        self.start = time.time()
        self.process = subprocess.Popen([sys.executable, __file__, "worker", name, folder, shape, device],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.loss = float(self.process.stdout.readline())
        self.firsts = [time.time() - self.start]
        self.times, self.peak = [], 0.0

    def turn(self, steps):
        print(steps, file=self.process.stdin, flush=True)
        *times, self.peak = map(float, self.process.stdout.readline().split())
        self.times += times


class Ours:
    """Go's benchmark, a new process each turn; it gives the mean of its steps."""

    def __init__(self, binary, folder, shape, device):
        self.binary, self.shape = binary, shape
        self.variables = {"TERNLAB_BENCH_BACKEND": "cuda" if device == "cuda" else "xla", "TERNLAB_BENCH_MODEL": folder}
        self.times, self.firsts, self.peak, self.loss = [], [], 0.0, 0.0

    def turn(self, steps):
        out = subprocess.run(
            [self.binary, "-test.run", "^$", "-test.bench", f"StepSmolLM/{self.shape}$", "-test.benchtime", f"{steps}x"],
            capture_output=True, text=True, check=True,
            env=os.environ | self.variables | {"TERNLAB_BENCH_START": str(time.time())}).stdout

        def metric(unit):
            found = re.search(rf"([0-9.]+) {unit}", out)
            return float(found.group(1)) if found else sys.exit("no figures from our benchmark:\n" + out)

        self.times.append(metric("ns/op") / 1e9)
        self.firsts.append(metric("s/first-step"))
        self.loss, self.peak = metric("first-loss"), max(self.peak, metric("GB-peak"))


def sgemm(device):
    a, b = torch.randn(2048, 2048, device=device), torch.randn(2048, 2048, device=device)
    float(torch.mm(a, b)[0, 0])
    start = time.perf_counter()
    for _ in range(5):
        product = torch.mm(a, b)
    float(product[0, 0])
    return 5 * 2 * 2048**3 / (time.perf_counter() - start) / 1e9


def save_model(folder):
    torch.manual_seed(1)
    LlamaForCausalLM(LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
        vocab_size=VOCAB, max_position_embeddings=2048, rms_norm_eps=1e-5, tie_word_embeddings=True)).save_pretrained(folder)


def report(sides, rates, shape, device):
    batch, length = map(int, shape.split("x"))
    print(f"batch {shape}, {device}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'':8} {'s/step':>7} {'first step':>10} {'peak GB':>8} {'first loss':>10}")
    median = {name: statistics.median(side.times) for name, side in sides.items()}
    for name, side in sides.items():
        print(f"{name:8} {median[name]:7.3f} {statistics.median(side.firsts):8.1f} s {side.peak:8.1f} {side.loss:10.2f}"
              f"   all: {' '.join(f'{t:.3f}' for t in side.times[:9])}")
    print(f"ours / best PyTorch: {median['ours'] / min(median['eager'], median['compile']):.2f}")
    flops = batch * length * (6 * 106_168_320 + 6 * 28_311_552 + 12 * 30 * 576 * length)
    rate, own = statistics.median(rates), flops / median["ours"] / 1e9
    print(f"sgemm {rate:.0f} GFLOP/s; our step at {own:.0f} GFLOP/s is {100 * own / rate:.0f} % of it")


def main(binary, shape="2x128", device="cpu"):
    rounds, steps = (3, 20) if device == "cuda" else (3, 3)
    with tempfile.TemporaryDirectory() as folder:
        save_model(folder)
        sides = {"ours": Ours(binary, folder, shape, device)}
        for name in ("eager", "compile"):
            sides[name] = PyTorch(name, folder, shape, device)
        rates = []
        for _ in range(rounds):
            rates.append(sgemm(device))
            for side in sides.values():
                side.turn(steps)
        report(sides, rates, shape, device)
        for name in ("eager", "compile"):
            sides[name].process.stdin.close()


torch.set_num_threads(os.cpu_count())
torch.backends.cuda.matmul.allow_tf32 = True
if sys.argv[1] == "worker":
    name, folder, shape, device = sys.argv[2:]
    Trainer(folder, *map(int, shape.split("x")), device, name == "compile").serve()
else:
    main(*sys.argv[1:])
