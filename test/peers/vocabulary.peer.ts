import { deepStrictEqual } from 'node:assert';
import * as path from 'node:path';
import { wordPiece } from '../../datasets/tokenizer/tokenizer';
import { buildVocabulary, countWords } from '../../datasets/tokenizer/vocabulary';
import { learnPieces } from '../../datasets/tokenizer/vocabulary-pieces';
import { askPython, inFolder } from './ask-python';
import { glueTexts } from './texts';

export const name = 'vocabulary';

const SETTINGS = [
  [500, true],
  [4000, true],
  [4000, false],
] as const;

/**
 * Compares vocabularies made of 10 000 rows of GLUE. Python's trainer orders the characters that continue words by a hash that
 * changes from run to run, and ties with them: given its characters, the pieces must be the same, in the same order.
 */
export function check(python: string, shared: string | undefined): Promise<string> {
  if (!shared) return Promise.resolve('skipped: no folder of shared data');
  const rows = glueTexts(path.join(shared, 'data/glue')).flat();
  const texts = rows.filter((text) => text !== null);
  const job = { texts, settings: SETTINGS };
  const expected = inFolder((folder) => askPython(python, 'vocabulary.py', folder, job)) as string[][];
  const shares = SETTINGS.map(([size, lowercase], i) => compare(texts, size, lowercase, expected[i] ?? []));
  return Promise.resolve(
    `${SETTINGS.map(([size, lowercase]) => `${size} ${lowercase ? 'uncased' : 'cased'}`).join(', ')} pieces of ${texts.length} ` +
      `texts are the same in order, given the order of the characters; without it ${shares.join(', ')} % are the same`,
  );
}

/** @returns of the pieces, how many are Python's whatever the order of the characters, in percent. */
function compare(
  texts: readonly string[],
  size: number,
  lowercase: boolean,
  expected: readonly string[],
): string {
  const own = buildVocabulary(texts, { size, lowercase });
  const isCharacter = (piece: string, id: number) =>
    id < 5 || [...piece.replace(/^##(?=.)/su, '')].length === 1;
  const first = expected.filter(isCharacter);
  const what = `the pieces of ${size} ${lowercase ? 'uncased' : 'cased'}`;
  deepStrictEqual(own.filter(isCharacter).sort(), [...first].sort(), `characters among ${what}`);
  deepStrictEqual(learnPieces(countWords(texts, lowercase), first, size), expected, what);
  const tokenizer = wordPiece(own, { lowercase });
  for (const text of texts)
    deepStrictEqual(tokenizer.encode(text, undefined, 10_000).ids.includes(1), false, text);
  const known = new Set(expected);
  return ((100 * own.filter((piece) => known.has(piece)).length) / size).toFixed(1);
}
