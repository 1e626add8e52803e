"""transformers' side of hugging-face.peer.ts; tensors travel as safetensors files."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "##s", "not"]


def batch(vocabulary: int) -> dict[str, torch.Tensor]:
    """Three sequences of 12 tokens, two of them padded, with both token types."""
    ids = torch.randint(5, vocabulary, (3, 12))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    mask[2, 3:] = 0
    types = (torch.arange(12) > 4).long().repeat(3, 1)
    return {"input_ids": ids * mask, "attention_mask": mask, "token_type_ids": types}


def integers(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.int() for name, value in inputs.items()}


def make_classifier(work: Path) -> None:
    """A classifier whose weights are all random, biases and norms too; its logits, and the gradients of its loss."""
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=100,
        max_position_embeddings=16,
        id2label={0: "no", 1: "maybe", 2: "yes"},
        label2id={"no": 0, "maybe": 1, "yes": 2},
    )
    model = BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.15)
    inputs = batch(len(VOCABULARY))
    result = model(**inputs, labels=torch.tensor([0, 1, 2]))
    result.loss.backward()
    model.save_pretrained(work / "classifier")
    (work / "classifier" / "vocab.txt").write_text("".join(f"{piece}\n" for piece in VOCABULARY))
    gradients = {name: weight.grad for name, weight in model.named_parameters()}
    save_file({**integers(inputs), "logits": result.logits.detach()}, work / "classifier.safetensors")
    save_file(gradients, work / "gradients.safetensors")


def run_encoder(work: Path, weights: Path) -> None:
    """The hidden states and the pooler's output of a trained encoder."""
    torch.manual_seed(2)
    model = BertModel.from_pretrained(weights).eval()
    inputs = batch(model.config.vocab_size)
    with torch.no_grad():
        result = model(**inputs)
    outputs = {"hidden": result.last_hidden_state.contiguous(), "pooled": result.pooler_output}
    save_file({**integers(inputs), **outputs}, work / "encoder.safetensors")


def run_saved(work: Path) -> None:
    """The logits of a folder that we saved, and the ids that its tokenizer gives."""
    model, report = BertForSequenceClassification.from_pretrained(work / "saved", output_loading_info=True)
    for problem, names in report.items():
        assert not names, f"{problem}: {names}"
    assert model.config.id2label == {0: "no", 1: "maybe", 2: "yes"}, model.config.id2label
    stored = load_file(work / "classifier.safetensors")
    inputs = {name: stored[name].long() for name in ("input_ids", "attention_mask", "token_type_ids")}
    with torch.no_grad():
        logits = model.eval()(**inputs).logits
    ids = AutoTokenizer.from_pretrained(work / "saved")("Not good FILMS", "bad")["input_ids"]
    save_file({"logits": logits, "ids": torch.tensor(ids).int()}, work / "saved.safetensors")


if __name__ == "__main__":
    action, work, *rest = sys.argv[1:]
    if action == "make":
        make_classifier(Path(work))
        if rest:
            run_encoder(Path(work), Path(rest[0]))
    else:
        run_saved(Path(work))
