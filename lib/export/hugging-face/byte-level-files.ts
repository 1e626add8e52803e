import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import { specialToken } from './added-token';
import { DeclaredToken, declaredTokens, withAdded } from './added-tokens';
import { readJson, readText } from './config';
import type { TokenizerJson } from './tokenizer-json';
import { expectClass, TAKES_JSON, TokenizerSources } from './tokenizer-sources';
import { BPE_SPECIAL } from './word-piece-json';

/**
 * Reads the byte-level BPE tokenizer of a folder: `tokenizer.json`, or else `vocab.json` and `merges.txt`, with added tokens.
 *
 * @throws UserError for a tokenizer that is not RoBERTa's. A regular expression of its own is one of those: it may run for hours.
 */
export function byteLevelFiles(sources: TokenizerSources) {
  const { folder } = sources;
  expectClass(sources, ['RobertaTokenizer']);
  const json = withPrefix(sources.json ?? jsonOf(folder), sources);
  expectRoberta(json, path.join(folder, 'tokenizer.json'));
  const pieces = Object.entries(json.model.vocab ?? {});
  const tokens = declaredTokens({ ...sources, json }, BPE_SPECIAL);
  if (!sources.json) tokens.push(...undeclared(tokens));
  const vocabulary = withAdded(pieces, tokens, folder);
  const known = new Set(json.added_tokens?.map(({ content }) => content));
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const more = tokens
    .filter(({ token }) => !known.has(token.content))
    .map(({ token }) => ({ ...token, id: ids.get(token.content)! }));
  if (more.length === 0) return { vocabulary, lowercase: false, json };
  const added = [...(json.added_tokens ?? []), ...more].sort((a, b) => a.id - b.id);
  return { vocabulary, lowercase: false, json: { ...json, added_tokens: added } };
}

/** RoBERTa's special pieces, which stand for themselves, and are added where there are none. */
function undeclared(tokens: readonly DeclaredToken[]): DeclaredToken[] {
  const known = new Set(tokens.map(({ token }) => token.content));
  const special = [...new Set<string>(Object.values(BPE_SPECIAL))];
  return special.filter((piece) => !known.has(piece)).map((piece) => ({ token: specialToken(piece) }));
}

function expectRoberta({ normalizer, pre_tokenizer }: TokenizerJson, file: string): void {
  if (!normalizer && pre_tokenizer?.use_regex !== false) return;
  throw new UserError(
    `Expected RoBERTa's tokenizer in ${file}, without a normalizer and with words cut as GPT-2 does, got ` +
      `${quoted({ normalizer, pre_tokenizer })}; choose another model.`,
  );
}

/** For most classes of transformers `tokenizer_config.json` says whether a text begins with a space, and it does not where nothing is said. */
function withPrefix(json: TokenizerJson, { config, className, folder }: TokenizerSources): TokenizerJson {
  const { pre_tokenizer } = json;
  if (TAKES_JSON.includes(className) || !pre_tokenizer) return json;
  const [inJson = false, inConfig] = [pre_tokenizer.add_prefix_space, config['add_prefix_space']];
  const prefixed = inConfig ?? false;
  if (prefixed === inJson) return json;
  if (typeof inConfig === 'boolean') {
    return { ...json, pre_tokenizer: { ...pre_tokenizer, add_prefix_space: inConfig } };
  }
  throw new UserError(
    `Expected add_prefix_space in ${path.join(folder, 'tokenizer_config.json')} to be true or false, beside a tokenizer.json with ` +
      `${inJson}, got ${quoted(inConfig)}; write there what the model was trained with: transformers takes that.`,
  );
}

/** What `tokenizer.json` would say, with RoBERTa's special pieces as transformers adds them. */
function jsonOf(folder: string) {
  const vocab = readJson(path.join(folder, 'vocab.json')) as TokenizerJson['model']['vocab'];
  const lines = readText(path.join(folder, 'merges.txt')).split(/\r?\n/);
  const merges = lines.filter((line) => line !== '' && !line.startsWith('#version'));
  const numbered = (piece: string): [string, number] => [piece, vocab[piece]!];
  const cut = { add_prefix_space: false, trim_offsets: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', ...cut, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: numbered(BPE_SPECIAL.sep_token),
      cls: numbered(BPE_SPECIAL.cls_token),
      ...cut,
    },
    decoder: { type: 'ByteLevel', ...cut, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: merges.map((line) => line.split(' ') as [string, string]),
    },
  };
}
