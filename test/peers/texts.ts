import * as fs from 'node:fs';
import * as path from 'node:path';
import { Random } from '../../lib/core/random';

/** Where texts stand in GLUE's files: folder and file, the columns, and how many rows are taken. */
const TEXT_COLUMNS: readonly (readonly [file: string, columns: readonly number[], rows: number])[] = [
  ['SST-2/train.tsv', [0], 3000],
  ['CoLA/train.tsv', [3], 2500],
  ['MRPC/train.tsv', [3, 4], 1500],
  ['RTE/train.tsv', [1, 2], 1000],
  ['STS-B/train.tsv', [7, 8], 1000],
  ['QNLI/dev.tsv', [1, 2], 800],
  ['WNLI/train.tsv', [1, 2], 200],
];

/** A text, or two. */
export type Texts = readonly [text: string, pair: string | null];

/** 10 000 rows of GLUE, a third of them pairs, as they stand in the files. */
export function glueTexts(folder: string): Texts[] {
  return TEXT_COLUMNS.flatMap(([file, [text = 0, pair], rows]) => {
    const lines = fs.readFileSync(path.join(folder, file), 'utf8').split('\n');
    return lines.slice(1, rows + 1).map((line): Texts => {
      const cells = line.split('\t');
      return [cells[text] ?? '', pair === undefined ? null : (cells[pair] ?? '')];
    });
  });
}

/** Ranges of characters that tokenizers treat in some way of their own. */
const SCRIPTS: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x10ffff], // anything
  [0x00, 0x2fff],
  [0x10000, 0x1ffff],
  [0x00, 0x7f], // controls and ASCII
  [0x80, 0x24f], // Latin with accents
  [0x300, 0x36f], // combining marks
  [0x370, 0x52f], // Greek, Cyrillic
  [0x590, 0x8ff], // Hebrew, Arabic
  [0x900, 0xdff], // Indic
  [0x1100, 0x11ff], // jamo, that compose
  [0x2000, 0x206f], // spaces, zero-width, bidirectional
  [0x3000, 0x30ff],
  [0x3400, 0x9fff], // ideographs
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe00, 0xffff],
  [0x1e000, 0x1e2ff],
  [0x1f300, 0x1faff], // emoji
  [0x20000, 0x2fa1f],
];

const SPACES = [' ', ' ', ' ', '  ', '\t', '\n', '\u00a0', '\u3000', '\u200b', ''];
const PIECES = ['[CLS]', '[SEP]', '[MASK]', '[UNK]', '[PAD]', '[cls]', "'s", '...', '##ing', 'ΣΑΣ', 'İ'];

/** A line of random words: real ones, changed ones, characters of all scripts, special pieces, words of about 100 characters. */
export function randomText(random: Random, words: readonly string[]): string {
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const letters = (count: number) => {
    const [from, to] = pick(SCRIPTS);
    return Array.from({ length: count }, () => wellFormed(from + below(to - from + 1))).join('');
  };
  const kinds = [
    () => pick(words),
    () => pick(words).toUpperCase(),
    () => letters(1 + below(6)),
    () => pick(words) + letters(1 + below(2)) + pick(words),
    () => pick(PIECES),
    () => (below(10) === 0 ? pick(['a', 'ß', '𝒳', 'é', '\u0301']).repeat(98 + below(6)) : pick(words)),
  ];
  return Array.from({ length: 1 + below(12) }, () => pick(kinds)() + pick(SPACES)).join('');
}

/** Python's tokenizers takes no halves of surrogate pairs. */
function wellFormed(code: number): string {
  return code >= 0xd800 && code < 0xe000 ? ' ' : String.fromCodePoint(code);
}
