"""Trains RoBERTa's tokenizer on the texts of a JSON job, saves it as transformers does, and encodes the job's examples.

Prints the encodings, and the characters that are letters or numbers to Python's tokenizers.
"""

import json
import sys
from pathlib import Path

from tokenizers import ByteLevelBPETokenizer
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer, RobertaTokenizer


def train(texts, folder):
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = ByteLevelBPETokenizer()
    trainer.train_from_iterator(texts, vocab_size=3000, min_frequency=2, special_tokens=special, show_progress=False)
    trainer.save_model(folder)
    files = [Path(folder) / "vocab.json", Path(folder) / "merges.txt"]
    RobertaTokenizer(vocab=str(files[0]), merges=str(files[1])).save_pretrained(folder)
    for file in files:
        file.unlink()


def kinds():
    """One letter per character: L or N where it joins one of them in a word."""
    splitter = ByteLevel(add_prefix_space=False)
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            after = [len(splitter.pre_tokenize_str(kind + chr(code))) == 1 for kind in "a1"]
            yield "L" if after[0] else "N" if after[1] else "-"


with open(sys.argv[1]) as file:
    job = json.load(file)
train(job["texts"], job["folder"])
tokenizer = AutoTokenizer.from_pretrained(job["folder"])
encodings = []
for text, pair, length in job["examples"]:
    encoding = tokenizer(
        text, pair, truncation="longest_first", max_length=length, return_token_type_ids=True
    )
    encodings.append({"ids": encoding["input_ids"], "typeIds": encoding["token_type_ids"]})
print(json.dumps({"kinds": "".join(kinds()), "encodings": encodings}))
