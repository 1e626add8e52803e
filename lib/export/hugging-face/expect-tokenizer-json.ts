import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import type { Json } from './family';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isId: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isPair =
  (first: Check, second: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);

const isMerge: Check = (value) => isText(value) || isPair(isText, isText)(value);
const isAdded: Check = (value) => isRecord(value) && isText(value['content']) && isId(value['id']);
const isVocabulary: Check = (value) => isRecord(value) && Object.values(value).every(isId);
const hasPieces: Check = (value) =>
  isRecord(value) && ['cls', 'sep'].every((name) => isOptional(isPair(isText, isId))(value[name]));

/** What each field is to be, and the words for it. */
const FIELDS: Readonly<Record<string, readonly [Check, string]>> = {
  'model.vocab': [isVocabulary, 'ids by piece'],
  'model.merges': [isOptional(isListOf(isMerge)), 'a list of pairs of pieces'],
  added_tokens: [isOptional(isListOf(isAdded)), 'a list of pieces with content and id'],
  normalizer: [isOptional(isRecord), 'an object or null'],
  post_processor: [isOptional(hasPieces), 'an object whose cls and sep are a piece and its id, or null'],
  padding: [isOptional(isRecord), 'an object or null'],
};

/** @throws UserError for a `tokenizer.json` some field of which, as far as we read it, is of another kind than all that have one. */
export function expectTokenizerJson(json: Json, file: string): void {
  for (const [field, [check, words]] of Object.entries(FIELDS)) {
    const value = field.split('.').reduce<unknown>((holder, key) => (holder as Json)[key], json);
    if (check(value)) continue;
    throw new UserError(
      `Expected ${words} as ${field} in ${file}, got ${quoted(value)}; download or save the model again.`,
    );
  }
}
