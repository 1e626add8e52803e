import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { shownName } from '../../core/printable';
import { readJson } from './config';
import type { Json } from './family';
import type { TokenizerJson } from './tokenizer-json';

/** What the files of a folder say of its tokenizer: nothing where there is no such file. */
export interface TokenizerSources {
  readonly folder: string;
  /** `tokenizer.json`. */
  readonly json?: TokenizerJson;
  /** `tokenizer_config.json`. */
  readonly config: Json;
  /** `special_tokens_map.json`. */
  readonly specialTokens: Json;
  /** `added_tokens.json`: ids. */
  readonly addedTokens: Json;
  /** The class of transformers that reads them, where one is named, without the `Fast` at its end. */
  readonly className?: string;
}

/** Its tokenizer is what `tokenizer.json` says; other classes make theirs of the vocabulary and `tokenizer_config.json`. */
export const TAKES_JSON: readonly (string | undefined)[] = ['PreTrainedTokenizer', 'TokenizersBackend'];

/** @throws UserError for a file that is no JSON object, and for texts that lose their beginnings. */
export function tokenizerSources(folder: string): TokenizerSources {
  const read = (name: string): Json | undefined => {
    const file = path.join(folder, name);
    return fs.existsSync(file) ? readJson(file) : undefined;
  };
  const config = read('tokenizer_config.json') ?? {};
  const json = read('tokenizer.json') as unknown as TokenizerJson | undefined;
  expectAtEnd(config, json, folder);
  const name = config['tokenizer_class'] ?? read('config.json')?.['tokenizer_class'];
  return {
    folder,
    json,
    config,
    specialTokens: read('special_tokens_map.json') ?? {},
    addedTokens: read('added_tokens.json') ?? {},
    className: typeof name === 'string' ? name.replace(/Fast$/, '') : undefined,
  };
}

/** What is too long is cut, and what is too short filled up, at the end: at the beginning pieces would have other positions. */
function expectAtEnd(config: Json, json: TokenizerJson | undefined, folder: string): void {
  const sides: Readonly<Record<string, unknown>> = {
    truncation_side: config['truncation_side'] ?? json?.truncation?.direction,
    padding_side: config['padding_side'] ?? json?.padding?.direction,
  };
  const left = Object.keys(sides).find((key) => /^left$/i.test(String(sides[key])));
  if (left === undefined) return;
  throw new UserError(
    `Expected a tokenizer in ${folder} that cuts and pads texts at their end, got ${left} "left"; choose another model.`,
  );
}

/** @throws UserError for a class of tokenizers other than these, or one that needs a `tokenizer.json` that is not there. */
export function expectClass({ className, folder, json }: TokenizerSources, known: readonly string[]): void {
  const classes = [...known, ...TAKES_JSON];
  if (className !== undefined && !classes.includes(className)) {
    throw new UserError(
      `Expected ${known.join(', ')} or PreTrainedTokenizerFast as tokenizer_class in ${folder}, got ${shownName(className)}; choose another model.`,
    );
  }
  if (json || !TAKES_JSON.includes(className)) return;
  throw new UserError(
    `Expected a tokenizer.json in ${folder}, which ${className}Fast is made of, found none; save the tokenizer again.`,
  );
}
