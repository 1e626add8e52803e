import { deepStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readGlue } from '../../datasets/glue';
import { Encoding, Tokenizer, wordPiece } from '../../datasets/tokenizer';
import { readTokenizer } from '../../lib/export/hugging-face-tokenizer';

export const name = 'wordpiece';

type Pair = readonly [text: string, pair: string | null];

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

const PAIRS = [
  ['how are you', 'fine , thank you'],
  ['', 'only a second text'],
  ['one two three four five six seven eight', 'a b c'],
  ['a b c', 'one two three four five six seven eight'],
  ['a b c d e f g h i j', 'k l m n o p q r s t'],
  ['a b c d e f g h i j k', 'k l m n o p q r s t'],
] as const;

/** Compares with the recorded ids of the reference tokenizers, and with transformers itself on real rows, odd texts and pairs. */
export function check(python: string, shared: string | undefined): Promise<string> {
  if (!shared) return Promise.resolve('skipped: no folder of shared data');
  const folder = path.join(shared, 'data/vocab/bert-base-uncased');
  const { vocabulary } = readTokenizer(folder);
  const uncased = wordPiece(vocabulary);
  const recorded = compareRecorded(uncased, path.join(shared, 'reference/wordpiece'));

  const rows = (['sst2', 'cola'] as const).flatMap((task) => {
    const { train, dev } = readGlue(task, path.join(shared, 'data/glue'), { limit: 2000 });
    return [...train, ...dev].map(({ text }): Pair => [text, null]);
  });
  const odd = ODD_TEXTS.map((text): Pair => [text, null]);
  const cased = wordPiece(vocabulary, { lowercase: false });
  const narrow = [7, 8, 12, 13].map((maxLength) => ({
    tokenizer: uncased,
    maxLength,
    examples: [...PAIRS, ...rows.slice(0, 20)],
  }));
  compareWithTransformers(python, folder, [
    { tokenizer: uncased, maxLength: 128, examples: [...rows, ...odd] },
    { tokenizer: cased, maxLength: 128, examples: odd },
    ...narrow,
  ]);
  return Promise.resolve(
    `${recorded} recorded texts, ${rows.length} GLUE rows, ${odd.length} odd texts and ${PAIRS.length} truncated pairs encoded equally`,
  );
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

interface Job {
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  readonly examples: readonly Pair[];
}

function compareWithTransformers(python: string, folder: string, jobs: readonly Job[]): void {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'wordpiece-'));
  try {
    const file = path.join(work, 'jobs.json');
    const described = jobs.map(({ tokenizer: { lowercase }, ...job }) => ({ ...job, folder, lowercase }));
    fs.writeFileSync(file, JSON.stringify(described));
    const script = path.join(__dirname, 'wordpiece.py');
    const output = execFileSync(python, [script, file], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const expected = JSON.parse(output) as Encoding[][];
    jobs.forEach((job, i) => compareJob(job, expected[i] ?? []));
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

function compareJob({ tokenizer, maxLength, examples }: Job, expected: readonly Encoding[]): void {
  examples.forEach(([text, pair], i) => {
    const what = `${JSON.stringify([text, pair])} in ${maxLength} pieces`;
    deepStrictEqual(tokenizer.encode(text, pair ?? undefined, maxLength), expected[i], what);
  });
}
