"""Finds models in the shared cache as huggingface_hub and transformers do, or downloads one: prints JSON."""

import json
import sys

from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download

task, name = sys.argv[1:]
if task == "download":
    print(json.dumps({"folder": snapshot_download(name)}))
else:
    from transformers import AutoConfig, AutoTokenizer

    cache = scan_cache_dir()
    print(
        json.dumps(
            {
                "folder": snapshot_download(name),
                "config": hf_hub_download(name, "config.json"),
                "hidden": AutoConfig.from_pretrained(name).hidden_size,
                "vocabulary": len(AutoTokenizer.from_pretrained(name)),
                "repositories": [repo.repo_id for repo in cache.repos],
                "refs": [sorted(r.refs) for repo in cache.repos for r in repo.revisions],
                "warnings": [str(w) for w in cache.warnings],
            }
        )
    )
