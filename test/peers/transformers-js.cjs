// transformers.js' side of transformers-js.peer.ts: what its pipeline answers to texts, from files alone.
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');

const [modules, model, texts, answers] = process.argv.slice(2);
const { env, pipeline } = createRequire(path.join(modules, 'package.json'))('@huggingface/transformers');
env.allowRemoteModels = false;

const BATCH_SIZE = 32;

async function main() {
  const classify = await pipeline('text-classification', model);
  const ids = (text) => Array.from(classify.tokenizer(text).input_ids.data, Number);
  const sentences = JSON.parse(readFileSync(texts, 'utf8'));
  const results = [];
  for (let start = 0; start < sentences.length; start += BATCH_SIZE) {
    const batch = sentences.slice(start, start + BATCH_SIZE);
    const rows = await classify(batch, { top_k: null });
    const scores = rows.map((row) => Object.fromEntries(row.map(({ label, score }) => [label, score])));
    results.push(...batch.map((text, i) => ({ ids: ids(text), scores: scores[i] })));
  }
  writeFileSync(answers, JSON.stringify(results));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
