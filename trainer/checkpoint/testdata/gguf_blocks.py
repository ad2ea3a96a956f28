"""Makes gguf_blocks.json: blocks as ggml itself writes and reads them.

    python trainer/checkpoint/testdata/gguf_blocks.py GGML           # from the repository's root

GGML is a shared library of llama.cpp with ggml's functions: its libggml-base.so,
or xllamacpp.abi3.so of the package xllamacpp (made with 2026.10.11549, numpy
2.4.6). The tests read the file it writes and need no Python.
"""

import ctypes
import json
import sys

import numpy as np

ggml = ctypes.CDLL(sys.argv[1])
random = np.random.default_rng(5)


def call(name, source, target, count):
    getattr(ggml, name)(source.ctypes.data_as(ctypes.c_void_p), target.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(count))
    return target


codes = random.integers(-1, 2, 192).astype(np.int8)
scales = np.array([0.0123, 1.5, 6.1e-5], np.float16)  # the last one is a subnormal half
weights = (codes.reshape(3, 64) * scales.astype(np.float32)[:, None]).reshape(-1)
q2 = call("quantize_row_q2_0_ref", weights, np.zeros(3 * 18, np.uint8), 192)
values = (random.standard_normal(96) * 0.3).astype(np.float32)
values[32:64] = 0
q8 = call("quantize_row_q8_0_ref", values, np.zeros(3 * 34, np.uint8), 96)
any_codes = np.concatenate([scales.view(np.uint8).reshape(3, 2), random.integers(0, 256, (3, 16), dtype=np.uint8)], 1).reshape(-1)

with open("trainer/checkpoint/testdata/gguf_blocks.json", "w") as file:
    json.dump({
        "codes": codes.tolist(), "scales": scales.astype(float).tolist(), "q2": q2.tobytes().hex(),
        "values": values.astype(float).tolist(), "q8": q8.tobytes().hex(),
        "any": any_codes.tobytes().hex(),
        "any_values": call("dequantize_row_q2_0", any_codes, np.zeros(192, np.float32), 192).astype(float).tolist(),
    }, file)
    file.write("\n")
