import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import { BertConfig, ResolvedBertConfig, resolveBertConfig } from '../../models/bert-config';
import { families, FamilyName, isFamilyName } from '../../models/family';
import { Problem, problems, usualProblem } from '../../models/problem';
import { huggingFaceFamilies } from './families';
import { hasAllHeads, Json } from './family';
import type { Dtype } from '../onnx/files';

/** What `config.json` says: the architecture, and the names of the outputs where it has some. */
export interface HuggingFaceConfig {
  readonly bert: BertConfig & { readonly family: FamilyName; readonly labels: number };
  readonly names: readonly string[] | undefined;
}

/**
 * Reads the `config.json` of a Hugging Face BERT, DistilBERT, RoBERTa or ELECTRA.
 *
 * @throws UserError for a file that is missing or no JSON, another architecture or problem, or a size that is not a number.
 */
export function readConfig(folder: string): HuggingFaceConfig {
  const file = path.join(folder, 'config.json');
  const json = readJson(file);
  const { model_type: family = 'bert' } = json; // the first BERTs' configurations are older than this field
  if (!isFamilyName(family)) {
    throw new UserError(
      `Expected ${Object.keys(families).join(', ')} as model_type in ${file}, got ${quoted(family)}; choose another model.`,
    );
  }
  const { only, read } = huggingFaceFamilies[family];
  for (const [key, value] of Object.entries(only)) {
    if ((json[key] ?? value) === value) continue;
    throw new UserError(
      `Expected a ${family} with ${key} ${quoted(value)} in ${file}, got ${quoted(json[key])}; choose another model.`,
    );
  }
  const names = namesOf(json, file);
  const labels = names?.length ?? countOf(json, file);
  const outputs = { labels, problem: problemOf(json, labels, file) };
  return { names, bert: { ...read(json, file), ...headSizeOf(json, file), ...outputs, family } };
}

/** The width of heads that do not fill the hidden size, under a key of our own. */
const HEAD_SIZE = 'attention_head_size';

function headSizeOf({ [HEAD_SIZE]: headSize }: Json, file: string): Pick<BertConfig, 'headSize'> {
  if (headSize === undefined) return {};
  if (typeof headSize === 'number') return { headSize };
  throw new UserError(`Expected a number as ${HEAD_SIZE} in ${file}, got ${quoted(headSize)}.`);
}

/** What transformers calls the problems. */
const PROBLEM_TYPES: Readonly<Record<Problem, string>> = {
  'single-label': 'single_label_classification',
  'multi-label': 'multi_label_classification',
  regression: 'regression',
};

function problemOf({ problem_type: type }: Json, labels: number, file: string): Problem {
  if (type === undefined || type === null) return usualProblem(labels);
  const problem = problems.find((known) => PROBLEM_TYPES[known] === type);
  if (problem) return problem;
  throw new UserError(
    `Expected ${Object.values(PROBLEM_TYPES).join(', ')} as problem_type in ${file}, got ${quoted(type)}.`,
  );
}

function countOf({ num_labels: count = 2 }: Json, file: string): number {
  if (typeof count === 'number' && Number.isInteger(count) && count > 0) return count;
  throw new UserError(`Expected a whole number from 1 as num_labels in ${file}, got ${quoted(count)}.`);
}

function namesOf({ id2label }: Json, file: string): string[] | undefined {
  if (typeof id2label !== 'object' || id2label === null) return undefined;
  const names = id2label as Json;
  return Object.keys(names).map((_, i) => {
    const name = names[i] ?? `LABEL_${i}`;
    if (typeof name === 'string' || typeof name === 'number') return String(name);
    throw new UserError(`Expected texts in id2label of ${file}, got ${quoted(name)} as that of ${i}.`);
  });
}

/** What transformers calls classes without names. */
export function defaultLabels(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
}

/**
 * What `config.json` says of a model, for transformers, and for transformers.js which of its files to run.
 *
 * @param dtype undefined where there is none.
 * @throws UserError for sizes that such a file cannot tell.
 */
export function configJson(config: ResolvedBertConfig, labels: readonly string[], dtype?: Dtype): Json {
  const { architecture, only, write } = huggingFaceFamilies[config.family];
  const sizes = { ...write(config), ...(hasAllHeads(config) ? {} : { [HEAD_SIZE]: config.headSize }) };
  checkTold(sizes, config);
  return {
    architectures: [architecture],
    model_type: config.family,
    ...only,
    ...sizes,
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    problem_type: PROBLEM_TYPES[config.problem],
    torch_dtype: 'float32',
    ...(dtype && { 'transformers.js_config': { dtype } }),
  };
}

/** Checks that what was written gives the same model when it is read again. */
function checkTold(sizes: Json, config: ResolvedBertConfig): void {
  const { family, labels, problem, seed } = config;
  const read = huggingFaceFamilies[family].read(sizes, 'config.json');
  const told = resolveBertConfig({
    ...read,
    ...headSizeOf(sizes, 'config.json'),
    family,
    labels,
    problem,
    seed,
  });
  for (const key of Object.keys(config) as (keyof ResolvedBertConfig)[]) {
    if (String(told[key]) === String(config[key])) continue;
    throw new UserError(
      `Expected ${key} ${told[key]} in a ${family} saved for Hugging Face, got ${config[key]}: the format cannot tell.`,
    );
  }
}

/** @throws UserError if there is no such file or it holds no JSON object. */
export function readJson(file: string): Json {
  const text = readText(file);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // told below
  }
  throw new UserError(`Expected a JSON object in ${file}; download or save the model again.`);
}

/** @throws UserError if there is no such file. */
export function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    throw new UserError(
      `Expected the folder of a Hugging Face BERT with ${path.basename(file)}, but ${file} cannot be read; check the path.`,
    );
  }
}
