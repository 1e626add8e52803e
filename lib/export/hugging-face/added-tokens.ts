import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import { AddedToken, LONGEST_TOKEN, parseToken } from './added-token';
import type { SpecialPieces } from './word-piece-json';
import type { TokenizerSources } from './tokenizer-sources';

/** A token and the number that a file gives it; the next one after the vocabulary by default. */
export interface DeclaredToken {
  readonly token: AddedToken;
  readonly id?: number;
}

/**
 * The added tokens that the files of a folder declare, each once: what `tokenizer_config.json` says goes first, then `tokenizer.json`,
 * `added_tokens.json` and the special ones, as in transformers.
 *
 * @param special the pieces with a meaning of their own, which must be called so.
 * @throws UserError for a token or a number that is none, and for special pieces of other names.
 */
export function declaredTokens(sources: TokenizerSources, special: SpecialPieces): DeclaredToken[] {
  const { json, config, addedTokens, folder } = sources;
  expectNames(sources, special);
  const more = specialTokens(sources);
  const named = Object.entries(special).filter(([key]) => nameOf(key, sources) !== undefined);
  const isSpecial = new Set([...more.map(({ token }) => token.content), ...named.map(([, name]) => name)]);
  const tokens = [
    ...entries(config['added_tokens_decoder'], folder).map(([id, token]) => declared(token, id, folder)),
    ...listed(json?.added_tokens, folder).map((token) => declared(token, idIn(token), folder)),
    ...entries(addedTokens, folder).map(([content, id]) =>
      declared({ content, special: isSpecial.has(content) }, id, folder),
    ),
    ...more,
  ];
  return [...new Map(tokens.reverse().map((each) => [each.token.content, each])).values()].reverse();
}

const idIn = (token: unknown): unknown => (token as { id?: unknown } | null)?.id;

function declared(written: unknown, id: unknown, folder: string): DeclaredToken {
  const token = parseToken(written) ?? damaged(written, folder);
  const number = Number(id);
  return Number.isSafeInteger(number) && number >= 0
    ? { token, id: number }
    : damaged({ content: token.content, id: id ?? null }, folder);
}

/** What is special by its place alone, without a number. */
function specialTokens({ config, specialTokens: map, folder }: TokenizerSources): DeclaredToken[] {
  const keys = ['additional_special_tokens', 'extra_special_tokens'];
  const named = [config, map].flatMap((file) => keys.flatMap((key) => Object.values(file[key] ?? [])));
  return named.map((written) => ({ token: parseToken(written) ?? damaged(written, folder) }));
}

function expectNames(sources: TokenizerSources, special: SpecialPieces): void {
  for (const [key, name] of Object.entries(special)) {
    const written = nameOf(key, sources) ?? name;
    const content = parseToken(written)?.content;
    if (content === name) continue;
    throw new UserError(
      `Expected ${name} as ${key} in ${sources.folder}, got ${quoted(content ?? written)}; choose another model.`,
    );
  }
}

const nameOf = (key: string, { config, specialTokens }: TokenizerSources): unknown =>
  config[key] ?? specialTokens[key];

function entries(object: unknown, folder: string): [string, unknown][] {
  if (object === undefined || object === null) return [];
  return typeof object === 'object' && !Array.isArray(object)
    ? Object.entries(object)
    : damaged(object, folder);
}

function listed(list: unknown, folder: string): readonly unknown[] {
  if (list === undefined || list === null) return [];
  return Array.isArray(list) ? (list as unknown[]) : damaged(list, folder);
}

function damaged(written: unknown, folder: string): never {
  throw new UserError(
    `Expected added tokens of 1 to ${LONGEST_TOKEN} characters, each with a number, in ${folder}, got ${quoted(written)}; save the tokenizer again.`,
  );
}

/**
 * The pieces and added tokens, in the order of their ids.
 *
 * @param pieces with their ids.
 * @throws UserError for an id that two have, or that leaves a hole.
 */
export function withAdded(
  pieces: readonly (readonly [piece: string, id: number])[],
  tokens: readonly DeclaredToken[],
  folder: string,
): string[] {
  const vocabulary: string[] = [];
  const given = tokens.flatMap(({ token, id }) => (id === undefined ? [] : [[token.content, id] as const]));
  const all = [...pieces, ...given];
  for (const [piece, id] of all) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= all.length) throw missing(all, folder);
    if ((vocabulary[id] ?? piece) !== piece) throw taken(id, [vocabulary[id]!, piece], folder);
    vocabulary[id] = piece;
  }
  if (Object.keys(vocabulary).length < vocabulary.length) throw missing(all, folder);
  const known = new Set(vocabulary);
  return [...vocabulary, ...tokens.map(({ token }) => token.content).filter((piece) => !known.has(piece))];
}

function missing(all: readonly (readonly [string, number])[], folder: string): UserError {
  const count = new Set(all.map(([piece]) => piece)).size;
  return new UserError(
    `Expected a number from 0 to ${count - 1} for each of the ${count} pieces of ${folder}, but some are missing.`,
  );
}

function taken(id: number, pieces: readonly string[], folder: string): UserError {
  return new UserError(
    `Expected one piece of number ${id} in the vocabulary and added tokens of ${folder}, got ${quoted(pieces)}; save the tokenizer again.`,
  );
}
