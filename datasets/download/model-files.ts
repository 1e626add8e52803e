import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
/** Names the shards of weights that are in several files. */
export const INDEX = 'model.safetensors.index.json';
const PICKLES = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];
/** Each of them says what a tokenizer is. */
const VOCABULARIES = ['tokenizer.json', 'vocab.txt', 'vocab.json'];
const TOKENIZER = [
  ...VOCABULARIES,
  'merges.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

/** Names of the files that are read, but for shards. */
export const NEEDED_FILES: readonly string[] = [CONFIG, WEIGHTS, INDEX, ...TOKENIZER];
/** Names of the files to ask for: those that are read, and those whose presence says what is wrong. */
export const MODEL_FILES: readonly string[] = [...NEEDED_FILES, ...PICKLES];

/**
 * Which of the files that a model has are needed.
 *
 * @param files those of `MODEL_FILES` that it has.
 * @throws UserError if no model can be read from them.
 */
export function neededFiles(model: string, files: ReadonlySet<string>): string[] {
  if (!files.has(CONFIG)) throw new UserError(`Expected a model with a ${CONFIG}, got ${model} without.`);
  const weights = [WEIGHTS, INDEX].find((file) => files.has(file));
  if (weights) return [CONFIG, weights, ...TOKENIZER.filter((file) => files.has(file))];
  if (!PICKLES.some((file) => files.has(file))) {
    throw new UserError(`Expected a model with ${WEIGHTS}, but ${model} has no weights of PyTorch at all.`);
  }
  throw new UserError(
    `Expected a model with ${WEIGHTS}, but ${model} has only pytorch_model.bin, which can run any program when it is ` +
      `opened; convert it into a folder for \`model\`, with Python's transformers: ${conversion(model)}`,
  );
}

function conversion(model: string): string {
  const [name, revision] = model.split('@') as [string, string?];
  const from = revision ? `'${name}', revision='${revision}'` : `'${name}'`;
  const saved = ['AutoModel', 'AutoTokenizer'].map(
    (kind) => `t.${kind}.from_pretrained(${from}).save_pretrained('${path.posix.basename(name)}')`,
  );
  return `python -c "import transformers as t; ${saved.join('; ')}"`;
}

/**
 * The files that an index of shards names.
 *
 * @throws UserError if it is not such an index.
 */
export function shardsOf(index: string): string[] {
  try {
    const json = JSON.parse(fs.readFileSync(index, 'utf8')) as { weight_map: Record<string, string> };
    const shards = [...new Set(Object.values(json.weight_map))];
    if (
      shards.length > 0 &&
      shards.every((name) => typeof name === 'string' && /^\w[\w.-]*\.safetensors$/.test(name))
    )
      return shards;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new UserError(
    `Expected a weight_map from tensors to .safetensors files in ${index}; get another copy.`,
  );
}

/** What a folder lacks to be a model, by name; nothing if it is one. */
export function missingFiles(folder: string): string[] {
  const has = (file: string) => fs.existsSync(path.join(folder, file));
  const weights = !has(WEIGHTS) && has(INDEX) ? shardsOf(path.join(folder, INDEX)) : [WEIGHTS];
  const missing = [CONFIG, ...weights].filter((file) => !has(file));
  return VOCABULARIES.some(has) ? missing : [...missing, VOCABULARIES.join(' or ')];
}
