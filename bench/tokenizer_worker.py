"""Times Python's tokenizers on the sentences of a JSON job on stdin; prints seconds by name."""

import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "true"

from transformers import BertTokenizer

job = json.load(sys.stdin)


def fresh():
    tokenizer = BertTokenizer.from_pretrained(job["model"]).backend_tokenizer
    tokenizer.enable_truncation(job["maxLength"])
    return tokenizer


def one_by_one(tokenizer):
    for sentence in job["sentences"]:
        tokenizer.encode(sentence).ids


def all_at_once(tokenizer):
    for encoding in tokenizer.encode_batch(job["sentences"]):
        encoding.ids


def seconds(run):
    tokenizer = fresh()
    start = time.perf_counter()
    run(tokenizer)
    return time.perf_counter() - start


print(json.dumps({"tokenizers, one thread": seconds(one_by_one), "tokenizers, all threads": seconds(all_at_once)}))
