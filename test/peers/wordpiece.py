"""Encodes the examples of the jobs in a JSON file with transformers' BertTokenizer; prints the ids and types of each."""

import json
import sys

from transformers import BertTokenizer


def encode(job):
    tokenizer = BertTokenizer.from_pretrained(job["folder"], do_lower_case=job["lowercase"])
    for text, pair in job["examples"]:
        encoding = tokenizer(text, pair, truncation="longest_first", max_length=job["maxLength"])
        yield {"ids": encoding["input_ids"], "typeIds": encoding["token_type_ids"]}


print(json.dumps([list(encode(job)) for job in json.load(open(sys.argv[1]))]))
