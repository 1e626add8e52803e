import { deepStrictEqual } from 'node:assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Tokenizer, wordPiece } from '../../datasets/tokenizer/tokenizer';
import type { Encoding } from '../../datasets/tokenizer/frame';
import { bertWords } from '../../datasets/tokenizer/words';
import { seededRandom } from '../../lib/core/random';
import { readTokenizer, writeTokenizer } from '../../lib/export/hugging-face/tokenizer';
import { askPython, inFolder } from './ask-python';
import { glueTexts, randomText, Texts } from './texts';

export const name = 'wordpiece';

/** Texts in which tokenizers like to differ. */
const ODD_TEXTS = [
  '',
  ' \t\n ',
  'UNwantéd,running',
  'Ünïcödé ÀÉÎÕÜ ﬁne',
  'ah博推zz',
  'a𠀀b 𪜀c x丽y',
  'a\u0000b\uFFFDc\u200Bd\uFEFFe\u00ADf',
  'no\u00A0break\u2009thin\u3000wide\u2028line\u0085next',
  '[CLS] a [MASK] b[SEP]c [PAD] [UNK]',
  '[cls] [Mask]',
  "don't can't 's -- … “quoted” ‘single’ «x»",
  '$1.00 €4 £5 ¥6 ₹8 a+b=c ~^`|<>',
  '🙂 a🙂b 👨‍👩‍👧 é',
  `${'x'.repeat(100)} ${'y'.repeat(101)}`,
  'İstanbul ΣΊΣΥΦΟΣ straße ǅ',
  'हिन्दी ไทย العربية עברית 한국어',
  'tab\tnew\nline\rreturn',
];

const PAIRS: readonly Texts[] = [
  ['how are you', 'fine , thank you'],
  ['', 'only a second text'],
  ['one two three four five six seven eight', 'a b c'],
  ['a b c', 'one two three four five six seven eight'],
  ['a b c d e f g h i j', 'k l m n o p q r s t'],
  ['a b c d e f g h i j k', 'k l m n o p q r s t'],
];

/** Lengths to which examples are cut. */
const LENGTHS = [3, 4, 7, 8, 12, 13, 24, 25, 64, 128, 512];
/** Lines made of random words and characters, beside 10 000 of GLUE. */
const RANDOM_LINES = 10_000;

type Example = readonly [...Texts, maxLength: number];

/**
 * Compares with the recorded ids of the reference tokenizers; with Python's tokenizers on every character; and with transformers
 * on lines of GLUE and of random characters, with BERT's vocabulary, and uncased and cased with one that has every character of
 * the lines, so that none hides behind `[UNK]`.
 */
export function check(python: string, shared: string | undefined): Promise<string> {
  if (!shared) return Promise.resolve('skipped: no folder of shared data');
  const { vocabulary } = readTokenizer(path.join(shared, 'data/vocab/bert-base-uncased'));
  const recorded = compareRecorded(wordPiece(vocabulary), path.join(shared, 'reference/wordpiece'));
  [true, false].forEach((lowercase) => compareCharacters(python, lowercase));

  const examples = examplesOf(glueTexts(path.join(shared, 'data/glue')), vocabulary);
  const rich = withCharacters(vocabulary, examples);
  compareEncodings(python, wordPiece(vocabulary), examples);
  compareEncodings(python, wordPiece(rich), examples);
  compareEncodings(python, wordPiece(rich, { lowercase: false }), examples);
  const pairs = examples.filter(([, pair]) => pair !== null).length;
  return Promise.resolve(
    `${recorded} recorded texts, every character, and ${examples.length} lines (${pairs} of them pairs; GLUE and random) ` +
      'uncased, uncased and cased with a vocabulary of all characters, in 3 to 512 pieces: no difference',
  );
}

/** Rows of GLUE, random lines (every third a pair) and odd ones, each with a length. */
function examplesOf(rows: readonly Texts[], vocabulary: readonly string[]): Example[] {
  const random = seededRandom(1, 'wordpiece peer');
  const words = vocabulary.filter((piece) => /^[a-z]{2,}$/.test(piece));
  const made = Array.from({ length: RANDOM_LINES }, (_, i): Texts => {
    const text = randomText(random, words);
    return [text, i % 3 === 0 ? randomText(random, words) : null];
  });
  const odd = ODD_TEXTS.map((text): Texts => [text, null]);
  const drawn = [...rows, ...made].map(([text, pair]): Example => {
    const maxLength = LENGTHS[Math.floor(random() * LENGTHS.length)] as number;
    return [text, pair, maxLength];
  });
  const all = [...odd, ...PAIRS].flatMap((texts) => LENGTHS.map((length): Example => [...texts, length]));
  return [...drawn, ...all];
}

/** A vocabulary with every character of the examples, as the beginning of a word and within one, in any case. */
function withCharacters(vocabulary: readonly string[], examples: readonly Example[]): string[] {
  const text = examples.map(([text, pair]) => `${text}${pair ?? ''}`).join('');
  const forms = [text, text.toLowerCase(), text.normalize('NFD'), text.normalize('NFD').toLowerCase()];
  const characters = new Set(forms.flatMap((form) => [...new Set(form)]));
  const printable = [...characters].filter((character) => !/\s/.test(character) && character !== '\u0085');
  return [...new Set([...vocabulary, ...printable.flatMap((character) => [character, `##${character}`])])];
}

/** How the two files of recorded encodings describe one. */
interface Recorded {
  readonly input: string;
  readonly encoded: { readonly input_ids: number[]; readonly token_type_ids: number[] };
}
interface RecordedIds {
  readonly text: string;
  readonly text_pair?: string;
  readonly ids: number[];
}

function compareRecorded(tokenizer: Tokenizer, folder: string): number {
  const read = (file: string): unknown => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'));
  const encodings = read('hf_bert_base_uncased_encodings.json') as Record<string, Recorded[]>;
  const whole = Object.values(encodings).flat();
  for (const { input, encoded } of whole) {
    const expected = { ids: encoded.input_ids, typeIds: encoded.token_type_ids };
    deepStrictEqual(tokenizer.encode(input, undefined, 512), expected, input);
  }
  const cases = read('transformersjs_bert_cases.json') as Record<string, Record<string, RecordedIds>>;
  const ids = Object.values(cases['Xenova/bert-base-uncased'] ?? {});
  for (const { text, text_pair, ids: expected } of ids) {
    deepStrictEqual(tokenizer.encode(text, text_pair, 512).ids, expected, text);
  }
  return whole.length + ids.length;
}

/** The words of `aXb` for every character X. */
function compareCharacters(python: string, lowercase: boolean): void {
  const answer = inFolder((folder) =>
    askPython(python, 'wordpiece.py', folder, { job: 'characters', lowercase }),
  );
  const expected = new Map(answer as [number, string[]][]);
  for (let code = 0; code < 0x110000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const text = `a${String.fromCodePoint(code)}b`;
    const what = `the words around U+${code.toString(16)}, ${lowercase ? 'uncased' : 'cased'}`;
    deepStrictEqual(bertWords(text, lowercase), expected.get(code) ?? [text], what);
  }
}

function compareEncodings(python: string, tokenizer: Tokenizer, examples: readonly Example[]): void {
  const expected = inFolder((folder) => {
    writeTokenizer(folder, tokenizer, 512);
    return askPython(python, 'wordpiece.py', folder, {
      job: 'encode',
      folder,
      lowercase: tokenizer.lowercase,
      examples,
    });
  }) as Encoding[];
  examples.forEach(([text, pair, maxLength], i) => {
    const what = `${JSON.stringify([text, pair])} in ${maxLength} pieces`;
    deepStrictEqual(tokenizer.encode(text, pair ?? undefined, maxLength), expected[i], what);
  });
}
