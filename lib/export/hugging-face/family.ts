import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import type { BertConfig, ResolvedBertConfig } from '../../models/bert-config';

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** How transformers writes the models of one family down. */
export interface HuggingFaceFamily {
  /** transformers' class of a classifier. */
  readonly architecture: string;
  /** First part of the names of the encoder's tensors, which a bare encoder leaves out. */
  readonly prefix: string;
  /** Folders of our paths, and what transformers calls them; `<i>` is the number of a layer. */
  readonly folders: Readonly<Record<string, string>>;
  /** Names of tensors that checkpoints of this family may have for other tasks. */
  readonly unused: RegExp;
  /** Fields of `config.json` that may only have one value: the one that transformers assumes without them. */
  readonly only: Json;
  /** What `config.json` says. */
  read(json: Json, file: string): BertConfig;
  /** What `config.json` says of a model; sizes that it cannot tell do not come back by `read`. */
  write(config: ResolvedBertConfig): Json;
}

/** The fields of a configuration that are one number, or one per layer. */
type NumberField = {
  [K in keyof BertConfig]-?: number extends BertConfig[K] ? K : never;
}[keyof BertConfig];

/**
 * Where `config.json` has the fields of a configuration: the key, and what transformers assumes without it: a number, null if the
 * field may be left out of our configuration too, nothing if it must be there.
 */
export type Fields = Readonly<
  Partial<Record<NumberField, readonly [key: string, otherwise?: number | null]>>
>;

/**
 * @throws UserError for a field that is missing or no number, or, of what layers may have of their own, no list of numbers either.
 */
export function readFields(json: Json, file: string, fields: Fields): BertConfig {
  const config: Partial<Record<string, number | readonly number[]>> = {};
  for (const [field, [key, otherwise]] of Object.entries(fields)) {
    const value = json[key] ?? otherwise;
    if (value === null) continue;
    if (typeof value !== 'number' && !(PER_LAYER.includes(field) && isNumbers(value))) {
      throw new UserError(`Expected a number as ${key} in ${file}, got ${quoted(value)}.`);
    }
    config[field] = value;
  }
  return config as Partial<BertConfig> as BertConfig;
}

/** Fields that are a list, one number per layer, where layers differ: transformers does not read it, and says so. */
const PER_LAYER = ['heads', 'intermediateSize'];

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'number');

/** What the fields are, a number or, where layers differ or have lost heads, one per layer. */
export function writeFields(config: ResolvedBertConfig, fields: Fields): Json {
  return Object.fromEntries(
    Object.entries(fields).map(([field, [key]]) => [key, told(config, field as NumberField)]),
  );
}

function told(config: ResolvedBertConfig, field: NumberField): number | readonly number[] {
  const value = config[field];
  if (typeof value === 'number') return value;
  const isUniform = value.every((size) => size === value[0] && size > 0);
  return isUniform && (field !== 'heads' || hasAllHeads(config)) ? value[0]! : value;
}

/** Whether the heads of every layer fill the hidden size, so that their own size needs not be told. */
export function hasAllHeads({ heads, headSize, hiddenSize }: ResolvedBertConfig): boolean {
  return heads.every((count) => count * headSize === hiddenSize);
}
