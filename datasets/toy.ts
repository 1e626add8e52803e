import { permutation, Random, seededRandom } from '../lib/core/random';
import type { Dataset } from './dataset';
import { SENTENCE_TSV } from './glue-tasks';
import { Difficulty, Template, templatesOf, write } from './toy-grammar';
import { parseTsv } from './tsv';

/** Options of {@link toyTask}. */
export interface ToyOptions {
  /** Sentences to train on; 4096 by default. */
  readonly train?: number;
  /** Sentences to evaluate on; 512 by default. */
  readonly dev?: number;
  /** 1 (default): negation alone; 2: negation, and which of two clauses counts. */
  readonly difficulty?: Difficulty;
  /** Of the sentences, and of which templates are held out; 0 by default. */
  readonly seed?: number;
}

/** A data set and the words it is made of, as the vocabulary of a tokenizer. */
export interface ToyDataset extends Dataset {
  /** In the order of their ids, special pieces first. */
  readonly vocabulary: readonly string[];
}

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** Every fifth template is for evaluation only. */
const HELD_OUT = 1 / 5;

/**
 * A task made on the spot: is a sentence about a film good or bad? Words alone do not tell (a bag of words is right half of the
 * time), their order and negation do. It is evaluated on templates (how clauses and negations are put together) that training
 * never shows. Half of the sentences are good; the same options give the same sentences.
 *
 * @example toyTask({ train: 2048 }).train[0] // { text: 'the plot is not dull and the cast is great', label: 1 }
 */
export function toyTask(options: ToyOptions = {}): ToyDataset {
  const files = toyFiles(options);
  const { examples: train } = parseTsv(files.train, SENTENCE_TSV);
  const { examples: dev } = parseTsv(files.dev, SENTENCE_TSV);
  const words = new Set([...train, ...dev].flatMap(({ text }) => text.split(' ')));
  const vocabulary = [...SPECIAL, ...[...words].sort()];
  return { name: 'toy', train, dev, labels: ['bad', 'good'], metric: 'accuracy', vocabulary };
}

/** The task as GLUE would publish it: the text of `train.tsv` and `dev.tsv`, in SST-2's format. */
export function toyFiles({ train = 4096, dev = 512, difficulty = 1, seed = 0 }: ToyOptions = {}): {
  readonly train: string;
  readonly dev: string;
} {
  const random = seededRandom(seed, 'toy', String(difficulty));
  const templates = shuffled(templatesOf(difficulty), random);
  const held = Math.round(HELD_OUT * templates.length);
  return {
    train: fileOf(templates.slice(held), train, random),
    dev: fileOf(templates.slice(0, held), dev, random),
  };
}

function fileOf(templates: readonly Template[], count: number, random: Random): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const template = templates[Math.floor(random() * templates.length)]!;
    return `${write(template, i % 2 === 1, random)}\t${i % 2}`;
  });
  return ['sentence\tlabel', ...rows, ''].join('\n');
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return Array.from(permutation(items.length, random), (i) => items[i]!);
}
