import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { outputsOf } from '../../experiments/answers';
import { LoadedHuggingFace } from '../../lib/export/hugging-face/folder';
import { inFolder } from './ask-python';

/** What a classifier answers to a text. */
export interface Answer {
  readonly ids: readonly number[];
  readonly scores: Readonly<Record<string, number>>;
}

/** Between probabilities. */
const TOLERANCE = 1e-4;
const STEP = 0.01;

/** What we answer, of two labels. */
export async function answersOf(loaded: LoadedHuggingFace, texts: readonly string[]): Promise<Answer[]> {
  const { data } = await outputsOf(
    loaded,
    texts.map((text) => ({ text })),
  );
  const { encode } = tokenizerOf(loaded.tokenizerFiles);
  const [first, second] = loaded.labels as [string, string];
  return texts.map((text, i) => {
    const share = 1 / (1 + Math.exp(data[2 * i]! - data[2 * i + 1]!));
    const { ids } = encode(text, undefined, loaded.config.maxPositions);
    return { ids, scores: { [first]: 1 - share, [second]: share } };
  });
}

/** Runs a program that takes the names of a model's folder, of a file of texts and of one to write its answers to. */
export function askProgram(
  command: string,
  args: readonly string[],
  folder: string,
  texts: readonly string[],
): Answer[] {
  return inFolder((work) => {
    const [questions, answers] = [path.join(work, 'texts.json'), path.join(work, 'answers.json')];
    fs.writeFileSync(questions, JSON.stringify(texts));
    execFileSync(command, [...args, folder, questions, answers], { stdio: ['ignore', 'ignore', 'pipe'] });
    return JSON.parse(fs.readFileSync(answers, 'utf8')) as Answer[];
  });
}

/** What a comparison allows. */
export interface Allowance {
  /**
   * The share of texts whose probabilities may differ by up to `STEP`. Where another machine's floats differ in the last bit, an activation
   * between two codes gets the other one: no error, but a step.
   */
  readonly stepped?: number;
}

/** The largest difference of probabilities, of those that do not differ by a step; ids and labels must be the same. */
export function compareAnswers(
  ours: readonly Answer[],
  theirs: readonly Answer[],
  { stepped = 0 }: Allowance = {},
): string {
  deepStrictEqual(
    theirs.map(({ ids }) => ids),
    ours.map(({ ids }) => ids),
  );
  deepStrictEqual(theirs.map(labelOf), ours.map(labelOf));
  const errors = ours.map(({ scores }, i) => largestDifference(scores, theirs[i]!.scores));
  const steps = errors.filter((error) => !(error <= TOLERANCE));
  const told = Math.max(...errors.filter((error) => error <= TOLERANCE)).toExponential(1);
  if (steps.length === 0) return told;
  const found = `${steps.length} of ${errors.length} more than ${TOLERANCE}, up to ${Math.max(...steps).toExponential(1)}`;
  ok(
    steps.length <= stepped * errors.length && Math.max(...steps) <= STEP,
    `Probabilities differ: ${found}.`,
  );
  return `${told} (${found})`;
}

function largestDifference(ours: Answer['scores'], theirs: Answer['scores']): number {
  return Math.max(...Object.entries(ours).map(([label, score]) => Math.abs(score - theirs[label]!)));
}

/** How often each label is the answer: `442 negative, 430 positive`. */
export function countLabels(answers: readonly Answer[]): string {
  const counts: Record<string, number> = {};
  for (const label of answers.map(labelOf)) counts[label] = (counts[label] ?? 0) + 1;
  ok(
    Object.keys(counts).length === 2,
    `Expected both labels among the answers, got ${Object.keys(counts).join()}.`,
  );
  return Object.entries(counts)
    .map(([label, count]) => `${count} ${label}`)
    .join(', ');
}

function labelOf({ scores }: Answer): string {
  return Object.entries(scores).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
