"""Runs a GGUF file with llama.cpp, for TestLlamaCppAgrees.

    python trainer/testdata/llamacpp.py MODEL.gguf REQUEST.json

Needs llama-cpp-python (tried with 0.3.36). REQUEST.json has "prompt", a number of
tokens to write greedily, and "windows", lists of token ids to measure. Prints one
JSON object: the token ids of the prompt, those of what was written, and the perplexity
over the windows.
"""

import json
import sys

import numpy as np
from llama_cpp import Llama

request = json.load(open(sys.argv[2]))
context = max(len(window) for window in request["windows"] + [[0] * 64])
llama = Llama(sys.argv[1], n_ctx=context + request["tokens"], logits_all=True, verbose=False)


def logits(window):
    """What the model says at every token of a window [tokens, vocabulary]."""
    llama.reset()
    llama.eval(window)
    return np.array(llama.scores[:len(window)], np.float64)


def loss(window):
    """Nats of each token but the first."""
    scores = logits(window)[:-1]
    highest = scores.max(-1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(scores - highest).sum(-1))
    return normalizer - scores[np.arange(len(window) - 1), window[1:]]


def greedy(prompt, count):
    ids, llama_end = list(prompt), llama.token_eos()
    for _ in range(count):
        best = int(logits(ids)[-1].argmax())
        if best == llama_end:
            break
        ids.append(best)
    return ids[len(prompt):]


prompt = llama.tokenize(request["prompt"].encode(), add_bos=False, special=True)
written = greedy(prompt, request["tokens"])
print(json.dumps({
    "prompt": prompt,
    "written": written,
    "ppl": float(np.exp(np.concatenate([loss(window) for window in request["windows"]]).mean())),
}))
