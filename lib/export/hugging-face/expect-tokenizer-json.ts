import {
  type Check,
  either,
  isCount,
  isRecord,
  isText,
  listOf,
  mapOf,
  optional,
  pairOf,
  recordOf,
} from '../../core/checks';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import type { Json } from './family';

const isMerge = either(isText, pairOf(isText, isText));
const isAdded = recordOf({ content: isText, id: isCount });
const isPiece = optional(pairOf(isText, isCount));

/** What each field is to be, and the words for it. */
const FIELDS: Readonly<Record<string, readonly [Check, string]>> = {
  'model.vocab': [mapOf(isCount), 'ids by piece'],
  'model.merges': [optional(listOf(isMerge)), 'a list of pairs of pieces'],
  added_tokens: [optional(listOf(isAdded)), 'a list of pieces with content and id'],
  normalizer: [optional(isRecord), 'an object or null'],
  post_processor: [
    optional(recordOf({ cls: isPiece, sep: isPiece })),
    'an object whose cls and sep are a piece and its id, or null',
  ],
  padding: [optional(isRecord), 'an object or null'],
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
