"""transformers' side of hugging-face.peer.ts; tensors travel as safetensors files."""

import copy
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    DistilBertConfig,
    ElectraConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "##s", "not"]
BYTES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
LABELS = ["no", "maybe", "yes"]
SENTENCE = "Not good FILMS", "bad"

DROPOUTS = {"hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.05, "classifier_dropout": 0.3}
SIZES = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 100, **DROPOUTS}

# Of each family, a configuration without labels, and the bytes of its largest file.
FAMILIES = {
    "bert": (
        lambda **labels: BertConfig(
            vocab_size=len(VOCABULARY), **SIZES, max_position_embeddings=16, **labels
        ),
        "1GB",
    ),
    "distilbert": (
        lambda **labels: DistilBertConfig(
            vocab_size=len(VOCABULARY),
            dim=48,
            n_layers=3,
            n_heads=4,
            hidden_dim=100,
            max_position_embeddings=16,
            dropout=0.2,
            attention_dropout=0.05,
            seq_classif_dropout=0.3,
            **labels,
        ),
        "1GB",
    ),
    "roberta": (
        lambda **labels: RobertaConfig(
            vocab_size=len(BYTES),
            **SIZES,
            max_position_embeddings=18,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            **labels,
        ),
        "100KB",
    ),
    "electra": (
        lambda **labels: ElectraConfig(
            vocab_size=len(VOCABULARY), **SIZES, embedding_size=24, max_position_embeddings=16, **labels
        ),
        "50KB",
    ),
}


# What each rate of ours is called.
RATES = {
    "dropout": ("hidden_dropout_prob", "dropout"),
    "attentionDropout": ("attention_probs_dropout_prob", "attention_dropout"),
    "classifierDropout": ("classifier_dropout", "seq_classif_dropout"),
}

# The names of a classifier's outputs, its `problem_type`, and what it is trained to say of three sequences.
HEADS = {
    "classes": (LABELS, None, [0, 1, 2]),
    "labels": (LABELS, "multi_label_classification", [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 1.0, 1.0]]),
    "numbers": (LABELS, "regression", [[0.5, 1.0, 2.0], [-1.0, 0.0, 0.25], [2.0, -2.0, 1.0]]),
    "number": (["score"], None, [0.5, -1.0, 2.0]),
}


def batch(config: PreTrainedConfig) -> dict[str, torch.Tensor]:
    """Three sequences of 12 tokens, with padding behind two of them and within one, and token types where there are some."""
    ids = torch.randint(5, config.vocab_size, (3, 12))
    mask = torch.ones_like(ids)
    mask[0, 4] = 0
    mask[1, 7:] = 0
    mask[2, 3:] = 0
    types = (torch.arange(12) > 4).long().repeat(3, 1) * (getattr(config, "type_vocab_size", 0) > 1)
    ids = ids.masked_fill(mask == 0, config.pad_token_id)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def understood(model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The inputs that a model takes."""
    return {k: v for k, v in inputs.items() if k != "token_type_ids" or model.config.model_type != "distilbert"}


def integers(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.int() for name, value in inputs.items()}


def save_tokenizer(folder: Path, family: str) -> None:
    if family != "roberta":
        (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in VOCABULARY))
        return
    vocabulary = {piece: i for i, piece in enumerate(BYTES)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>", mask_token="<mask>", **special
    )
    fast.save_pretrained(folder)


def dropped(model: torch.nn.Module, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The logits in training, by the one rate that is 1 while the others are 0."""
    logits = {}
    for rate in RATES:
        config = copy.deepcopy(model.config)
        for name, keys in RATES.items():
            setattr(config, next(key for key in keys if hasattr(config, key)), float(name == rate))
        other = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
        other.load_state_dict(model.state_dict())
        with torch.no_grad():
            logits[f"without {rate}"] = other.train()(**given).logits
    return logits


def make_classifier(work: Path, family: str, head: str) -> None:
    """
    A classifier whose weights are all random, biases and norms too; its logits, in training too, its hidden states, and the gradients
    of its loss.
    """
    torch.manual_seed(1)
    folder = work / f"{family}-{head}"
    make, shard_size = FAMILIES[family]
    labels, problem, targets = HEADS[head]
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    config = make(**names, problem_type=problem)
    model = AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.15)
    inputs = batch(config)
    given = understood(model, inputs)
    result = model(**given, labels=torch.tensor(targets))
    result.loss.backward()
    with torch.no_grad():
        hidden = model.base_model(**given).last_hidden_state.contiguous()
    model.config.problem_type = problem  # asking for the loss has filled it in
    model.save_pretrained(folder / "model", max_shard_size=shard_size)
    save_tokenizer(folder / "model", family)
    gradients = {name: weight.grad for name, weight in model.named_parameters()}
    outputs = {"logits": result.logits.detach(), "loss": result.loss.detach(), "hidden": hidden}
    tensors = {**integers(inputs), **outputs, **dropped(model, given)}
    save_file(tensors, folder / "tensors.safetensors")
    save_file(gradients, folder / "gradients.safetensors")


def run_encoder(work: Path, weights: Path) -> None:
    """The hidden states and the pooler's output of a trained encoder."""
    torch.manual_seed(2)
    model = BertModel.from_pretrained(weights).eval()
    inputs = batch(model.config)
    with torch.no_grad():
        result = model(**inputs)
    outputs = {"hidden": result.last_hidden_state.contiguous(), "pooled": result.pooler_output}
    save_file({**integers(inputs), **outputs}, work / "encoder.safetensors")


UNTOLD = {"_name_or_path", "architectures", "dtype", "problem_type", "transformers_version"}


def run_saved(saved: Path) -> None:
    """The logits of a folder that we saved, whose configuration and tokenizer are those of the folder that we loaded."""
    folder = saved.parent
    model, report = AutoModelForSequenceClassification.from_pretrained(saved, output_loading_info=True)
    for problem, names in report.items():
        assert not names, f"{problem}: {names}"
    original, ours = AutoConfig.from_pretrained(folder / "model").to_dict(), model.config.to_dict()
    keys = original.keys() - UNTOLD
    changed = {key: (original[key], ours[key]) for key in keys if original[key] != ours[key]}
    assert not changed, f"config.json: {changed}"
    expected, told = original["problem_type"], ours["problem_type"]
    assert expected in (None, told), f"problem_type: {told} instead of {expected}"
    stored = load_file(folder / "tensors.safetensors")
    inputs = {name: stored[name].long() for name in ("input_ids", "attention_mask", "token_type_ids")}
    with torch.no_grad():
        logits = model.eval()(**understood(model, inputs)).logits
    ids, expected = (AutoTokenizer.from_pretrained(each)(*SENTENCE)["input_ids"] for each in (saved, folder / "model"))
    assert ids == expected, f"{ids} instead of {expected}"
    save_file({"logits": logits}, saved.with_suffix(".safetensors"))


if __name__ == "__main__":
    action, work, *rest = sys.argv[1:]
    work = Path(work)
    if action == "make":
        for family in FAMILIES:
            for head in HEADS:
                make_classifier(work, family, head)
        if rest:
            run_encoder(work, Path(rest[0]))
    else:
        for name in ("saved", "cut"):
            for folder in work.glob(f"*/{name}"):
                run_saved(folder)
