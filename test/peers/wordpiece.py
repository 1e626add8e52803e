"""Answers the job of a JSON file with Python's tokenizers.

encode: the ids and types of every example, each in its length, with transformers' BertTokenizer over a vocab.txt.
characters: the words of `aXb` for every character X, where they are not just [aXb].
"""

import json
import sys

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertTokenizer


def encode(job):
    tokenizer = BertTokenizer.from_pretrained(job["folder"], do_lower_case=job["lowercase"])
    for text, pair, length in job["examples"]:
        encoding = tokenizer(text, pair, truncation="longest_first", max_length=length)
        yield {"ids": encoding["input_ids"], "typeIds": encoding["token_type_ids"]}


def characters(job):
    normalizer, splitter = BertNormalizer(lowercase=job["lowercase"]), BertPreTokenizer()
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            text = f"a{chr(code)}b"
            words = [word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]
            if words != [text]:
                yield [code, words]


jobs = {"encode": encode, "characters": characters}
with open(sys.argv[1]) as file:
    job = json.load(file)
print(json.dumps(list(jobs[job["job"]](job))))
