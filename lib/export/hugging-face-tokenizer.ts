import * as fs from 'node:fs';
import * as path from 'node:path';
import { readJson, readText } from './hugging-face-config';

/** What a WordPiece tokenizer is made of. */
export interface TokenizerFiles {
  /** The pieces, in the order of their ids. */
  readonly vocabulary: readonly string[];
  /** Whether texts are lowercased (and stripped of accents) first. */
  readonly lowercase: boolean;
}

/**
 * Reads `vocab.txt` and, where there is one, `tokenizer_config.json` (transformers lowercases where it says nothing).
 *
 * @throws UserError if there is no vocabulary.
 */
export function readTokenizer(folder: string): TokenizerFiles {
  const vocabulary = readText(path.join(folder, 'vocab.txt')).split(/\r?\n/);
  if (vocabulary.at(-1) === '') vocabulary.pop();
  const config = path.join(folder, 'tokenizer_config.json');
  const lowercase = fs.existsSync(config) ? readJson(config)['do_lower_case'] !== false : true;
  return { vocabulary, lowercase };
}

/** Writes both files, for transformers. */
export function writeTokenizer(
  folder: string,
  { vocabulary, lowercase }: TokenizerFiles,
  maxLength: number,
): void {
  fs.writeFileSync(path.join(folder, 'vocab.txt'), vocabulary.map((piece) => `${piece}\n`).join(''));
  const config = {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: lowercase,
    model_max_length: maxLength,
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  };
  fs.writeFileSync(path.join(folder, 'tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
}
