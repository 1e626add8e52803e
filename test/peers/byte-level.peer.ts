import { deepStrictEqual, ok } from 'node:assert';
import * as path from 'node:path';
import type { Encoding } from '../../datasets/tokenizer/frame';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { seededRandom } from '../../lib/core/random';
import { readTokenizer } from '../../lib/export/hugging-face/tokenizer';
import { askPython, inFolder } from './ask-python';
import { glueTexts, randomText, Texts } from './texts';

export const name = 'byte-level';

const ODD_TEXTS = [
  '',
  ' ',
  '  a  b  ',
  "I'll, you're 'S it's  'tis",
  'a\u0085b\ufeffc\u00a0 d',
  'tab\t\tnew\n\n line \r\n',
  'x<mask>y <mask> </s><s> <pad>z <unk>',
  '12three45 ½ ⅷ 🙂🙂 👨‍👩‍👧 é',
  'a'.repeat(2000),
];
const LENGTHS = [4, 5, 6, 16, 17, 64, 512];
const RANDOM_LINES = 5000;

/** Compares the ids of a RoBERTa tokenizer trained and saved in Python, for rows of GLUE and random lines. */
export function check(python: string, shared: string | undefined): Promise<string> {
  if (!shared) return Promise.resolve('skipped: no folder of shared data');
  const rows = glueTexts(path.join(shared, 'data/glue'));
  const texts = rows.flat().filter((text) => text !== null);
  const examples = examplesOf(rows.slice(-5000), texts.flatMap((text) => text.split(' ')).slice(0, 20_000));
  return Promise.resolve(inFolder((folder) => compare(python, folder, texts, examples)));
}

type Example = readonly [...Texts, maxLength: number];

function examplesOf(rows: readonly Texts[], words: readonly string[]): Example[] {
  const random = seededRandom(1, 'byte-level peer');
  const made = Array.from({ length: RANDOM_LINES }, (_, i): Texts => {
    const text = randomText(random, words);
    return [text, i % 3 === 0 ? randomText(random, words) : null];
  });
  const odd = ODD_TEXTS.flatMap((text): Texts[] => [
    [text, null],
    [text, 'a b c d e f g h'],
  ]);
  return [...odd, ...rows, ...made].map((texts, i) => [...texts, LENGTHS[i % LENGTHS.length] as number]);
}

function compare(
  python: string,
  folder: string,
  texts: readonly string[],
  examples: readonly Example[],
): string {
  const job = { folder, texts, examples };
  const { kinds, encodings } = askPython(python, 'byte-level.py', folder, job) as {
    kinds: string;
    encodings: Encoding[];
  };
  const tokenizer = tokenizerOf(readTokenizer(folder));
  deepStrictEqual([tokenizer.padId, tokenizer.vocabulary.length], [1, 3001], 'pad id, pieces'); // with <mask>
  const newer = newerLetters(kinds);
  const known = examples.flatMap((example, i) =>
    [...`${example[0]}${example[1] ?? ''}`].some((character) => newer.has(character)) ? [] : [i],
  );
  ok(known.length > 0.9 * examples.length, 'most lines can be compared');
  for (const i of known) {
    const [text, pair, maxLength] = examples[i] as Example;
    const what = `${JSON.stringify([text, pair])} in ${maxLength} pieces`;
    deepStrictEqual(tokenizer.encode(text, pair ?? undefined, maxLength), encodings[i], what);
  }
  return (
    `${known.length} lines of GLUE and random characters, single and in pairs, in 4 to 512 pieces: no difference; ` +
    `left out were ${examples.length - known.length} with one of ${newer.size} letters of a Unicode that only one of the two has`
  );
}

/** Characters that are letters or numbers to this Node and not to Python's tokenizers, or the other way round. */
function newerLetters(kinds: string): Set<string> {
  const characters = Array.from({ length: 0x110000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code >= 0xe000)
    .map((code) => String.fromCodePoint(code));
  const kindOf = (character: string) =>
    /\p{L}/u.test(character) ? 'L' : /\p{N}/u.test(character) ? 'N' : '-';
  return new Set(characters.filter((character, i) => kindOf(character) !== kinds[i]));
}
