"""Encodes the texts of a JSON job with the tokenizer that AutoTokenizer makes of each folder."""

import json
import sys

from transformers import AutoTokenizer


def encode(folder, texts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return [tokenizer(text)["input_ids"] for text in texts]


with open(sys.argv[1]) as file:
    job = json.load(file)
print(json.dumps([encode(folder, job["texts"]) for folder in job["folders"]]))
