"""Runs a GGUF file with llama.cpp, for the tests of trainer/llamacpp_test.go.

    python trainer/testdata/llamacpp.py MODEL.gguf REQUEST.json

Needs llama-cpp-python (tried with 0.3.36). REQUEST.json has "prompt", a number of
"tokens" to write greedily, and "windows", lists of token ids to measure. Prints one
JSON object: the token ids of the prompt, those of what was written, and the perplexity
over the windows. Where REQUEST.json names a file "logits", it gets what the model says
at each token of the first window: float32, [tokens, vocabulary].
"""

import json
import sys

import numpy as np
from llama_cpp import Llama

request = json.load(open(sys.argv[2]))
context = max(len(window) for window in request["windows"] + [[0] * 64])
# One thread: more wait for each other by spinning, which a busy machine can't afford.
llama = Llama(sys.argv[1], n_ctx=context + request["tokens"], logits_all=True, verbose=False, n_threads=1, n_threads_batch=1)


def read(ids):
    """What the model says at every one of these further tokens [tokens, vocabulary]."""
    before = llama.n_tokens
    llama.eval(ids)
    return llama.scores[before:llama.n_tokens]


def loss(window):
    """Nats of each token but the first."""
    llama.reset()
    nats = []
    for scores, token in zip(read(window), window[1:]):
        scores = scores.astype(np.float64)
        highest = scores.max()
        nats.append(highest + np.log(np.exp(scores - highest).sum()) - scores[token])
    return nats


def greedy(prompt, count):
    """Up to so many tokens, each of which is read once: the rest is in the cache."""
    llama.reset()
    written, unread = [], prompt
    while len(written) < count:
        best = int(read(unread)[-1].argmax())
        if best == llama.token_eos():
            break
        written, unread = written + [best], [best]
    return written


prompt = llama.tokenize(request["prompt"].encode(), add_bos=False, special=True)
written = greedy(prompt, request["tokens"])
nats = [nat for window in request["windows"] for nat in loss(window)]
if "logits" in request:
    llama.reset()
    read(request["windows"][0]).astype("<f4").tofile(request["logits"])
print(json.dumps({"prompt": prompt, "written": written, "ppl": float(np.exp(np.mean(nats)))}))
