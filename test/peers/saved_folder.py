"""transformers' side of transformers-js.peer.ts: what a saved folder answers to texts."""

import json
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

BATCH_SIZE = 32

folder, texts, answers = sys.argv[1:]
model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
for problem, names in report.items():
    assert not names, f"{problem}: {names}"
model.eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
assert tokenizer.is_fast
results = []
with open(texts, encoding="utf8") as file:
    sentences = json.load(file)
for start in range(0, len(sentences), BATCH_SIZE):
    inputs = tokenizer(sentences[start : start + BATCH_SIZE], padding=True, return_tensors="pt")
    with torch.no_grad():
        probabilities = model(**inputs).logits.softmax(-1)
    for ids, mask, row in zip(inputs["input_ids"], inputs["attention_mask"], probabilities):
        scores = {model.config.id2label[i]: float(score) for i, score in enumerate(row)}
        results.append({"ids": ids[mask == 1].tolist(), "scores": scores})
with open(answers, "w", encoding="utf8") as file:
    json.dump(results, file)
