"""Makes the GGUF fixtures and their golden values.

    python trainer/checkpoint/testdata/gguf_fixtures.py        # from the repository's root

Needs gguf, numpy, safetensors, torch, transformers (made with 0.19.0, 2.4.6,
0.8.0, 2.15.0, 5.23.0). The tests read the files it writes and need no Python:

- types.gguf has a tensor of each type that is read; types.safetensors has what
  the gguf package makes of each.
- tiny.gguf is a random Llama with layers of many types and a tokenizer.
  ../../llama/testdata/gguf_logits.json has the logits that transformers computes
  from its dequantized weights.
"""

import json
import pathlib

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(11)
torch.set_num_threads(1)
random = np.random.default_rng(11)
HERE = pathlib.Path("trainer/checkpoint/testdata")


def encode(values, kind):
    """The bytes of float32 values in a type."""
    if kind == Type.F32:
        return values.astype(np.float32)
    if kind == Type.F16:
        return values.astype(np.float16)
    return gguf.quantize(values.astype(np.float32), kind)


def random_blocks(kind, rows):
    """Random bytes in a type that the package can't quantize to; the scales are
    halves, at the block's begin or end, and must be of a sensible size."""
    block, size = gguf.GGML_QUANT_SIZES[kind]
    data = random.integers(0, 256, (rows, size), dtype=np.uint8)
    scale = random.uniform(0.001, 0.01, (rows, 2)).astype(np.float16).view(np.uint8).reshape(rows, 4)
    places = {Type.Q2_K: (80, 4), Type.Q3_K: (108, 2), Type.Q4_K: (0, 4), Type.Q5_K: (0, 4), Type.Q6_K: (208, 2)}
    begin, length = places[kind]
    data[:, begin:begin + length] = scale[:, :length]
    return data


def write_types():
    writer = gguf.GGUFWriter(HERE / "types.gguf", "none")
    expected = {}
    for kind in [Type.F32, Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1]:
        data = encode(random.standard_normal((2, 96)), kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.dequantize(data, kind).astype(np.float32)
    for kind in [Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K, Type.Q6_K]:
        data = random_blocks(kind, 2)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.dequantize(data, kind)
    finish(writer)
    save_file(expected, HERE / "types.safetensors")


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def permute(weights, heads):
    """The order of rows that llama.cpp's convert_hf_to_gguf.py gives."""
    return (weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
            .swapaxes(1, 2).reshape(weights.shape))


CONFIG = LlamaConfig(
    hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, vocab_size=340, max_position_embeddings=512, rope_theta=20000.0,
    rms_norm_eps=1e-5, tie_word_embeddings=True, attention_bias=False,
)
TYPES = {
    "token_embd": Type.Q8_0,
    "blk.0.attn_q": Type.Q4_0, "blk.0.attn_k": Type.Q4_1, "blk.0.attn_v": Type.Q5_0, "blk.0.attn_output": Type.Q5_1,
    "blk.0.ffn_gate": Type.F16, "blk.0.ffn_up": Type.BF16, "blk.0.ffn_down": Type.Q8_0,
    "blk.1.attn_q": Type.Q8_0, "blk.1.attn_k": Type.F16, "blk.1.attn_v": Type.Q4_0, "blk.1.attn_output": Type.Q4_1,
    "blk.1.ffn_gate": Type.Q4_1, "blk.1.ffn_up": Type.Q4_0, "blk.1.ffn_down": Type.Q5_1,
}


def write_tiny():
    model = LlamaForCausalLM(CONFIG).float().eval()
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, CONFIG.num_hidden_layers)
    writer = gguf.GGUFWriter(HERE / "tiny.gguf", "llama")
    add_metadata(writer)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            weights = (0.08 * torch.randn_like(parameter) + (1.0 if parameter.dim() == 1 else 0.0)).numpy()
            short = names.get_name(name, try_suffixes=(".weight",)).removesuffix(".weight")
            kind = TYPES.get(short, Type.F32)
            rows = np.arange(weights.shape[0])
            if short.endswith("attn_q"):
                rows = permute(rows, CONFIG.num_attention_heads)
            if short.endswith("attn_k"):
                rows = permute(rows, CONFIG.num_key_value_heads)
            data = encode(weights[rows], kind)
            writer.add_tensor(short + ".weight", data, raw_dtype=kind)
            parameter.copy_(torch.from_numpy(gguf.dequantize(data, kind).astype(np.float32)[np.argsort(rows)]))
        finish(writer)
        tokens = torch.randint(0, CONFIG.vocab_size, (1, 7))
        logits = model(tokens).logits
    golden = {"tokens": tokens.tolist(), "logits": [round(float(x), 8) for x in logits.flatten()]}
    pathlib.Path("trainer/llama/testdata/gguf_logits.json").write_text(json.dumps(golden) + "\n")


def add_metadata(writer):
    writer.add_block_count(CONFIG.num_hidden_layers)
    writer.add_context_length(CONFIG.max_position_embeddings)
    writer.add_embedding_length(CONFIG.hidden_size)
    writer.add_feed_forward_length(CONFIG.intermediate_size)
    writer.add_head_count(CONFIG.num_attention_heads)
    writer.add_head_count_kv(CONFIG.num_key_value_heads)
    writer.add_rope_freq_base(20000.0)
    writer.add_layer_norm_rms_eps(CONFIG.rms_norm_eps)
    writer.add_vocab_size(CONFIG.vocab_size)
    writer.add_rope_dimension_count(CONFIG.hidden_size // CONFIG.num_attention_heads)
    tokenizer = json.loads(pathlib.Path("trainer/tokenizer/testdata/smollm-form.tokenizer.json").read_text())
    special = {token["id"] for token in tokenizer["added_tokens"]}
    tokens = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([text for text, _ in tokens])
    writer.add_token_types([gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for _, i in tokens])
    writer.add_token_merges([" ".join(merge) if isinstance(merge, list) else merge for merge in tokenizer["model"]["merges"]])


write_types()
write_tiny()
