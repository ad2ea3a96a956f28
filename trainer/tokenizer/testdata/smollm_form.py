"""Makes smollm-form.tokenizer.json and smollm-form.ids.json with Hugging Face's
tokenizers library (0.23.3): a small tokenizer of SmolLM's form, and the ids that
the library gives. Run in this folder: python smollm_form.py
"""

import json

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEXTS = [
    "", "The software, isn't it?", " = Heading = \n", "a  b   c", "line\n\n\nline \n next", "tab\tand\r\n end ",
    "in 1987, 3.5 metres", "¾²٣ Ⅷ x²", "it's we'll I'd you've they're I'm don't 'tis 's", "café naïve 日本語 🙂 e\u0301",
    "no\u00a0break \u2028 wide\u3000space", "<|endoftext|>text<|im_start|> <|im_end|><|endoftext|", "trailing spaces   ",
    "   leading", '!!! ... --- "quoted" (c)', "\x00\x01\x7f", "WITHOUT WARRANTY OF ANY KIND",
]

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
    pre_tokenizers.Digits(individual_digits=True),
    pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
])
tokenizer.decoder = decoders.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
tokenizer.train(["../../../../LICENSE"], trainers.BpeTrainer(
    vocab_size=340,
    special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    show_progress=False,
))
with open("smollm-form.tokenizer.json", "w", encoding="utf-8") as file:
    json.dump(json.loads(tokenizer.to_str()), file, ensure_ascii=False, indent=1)
    file.write("\n")
with open("smollm-form.ids.json", "w", encoding="utf-8") as file:
    json.dump([{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in TEXTS], file, indent=1)
    file.write("\n")
