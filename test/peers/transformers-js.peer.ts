import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readGlue } from '../../datasets/glue';
import { tokenizerOf } from '../../datasets/tokenizer-of';
import { toyTask } from '../../datasets/toy';
import { outputsOf } from '../../experiments/answers';
import { LoadedHuggingFace, loadHuggingFace } from '../../lib/export/hugging-face';
import { peerModules } from './node-modules';

export const name = 'transformers-js';

const VERSION = '4.3.1';
const ROOT = path.resolve(__dirname, '../..');
const MODULES = path.join(ROOT, 'node_modules/.cache/whittle-transformers-js');
/** Of the toy task; of SST-2 all of the dev set. */
const SENTENCES = 256;
/** Between probabilities. */
const TOLERANCE = 1e-4;

/** What a peer answers to a text. */
interface Answer {
  readonly ids: readonly number[];
  readonly scores: Readonly<Record<string, number>>;
}

/**
 * Fine-tunes a model and has the dev set's texts answered from the run's folder by transformers.js, through `onnx/model.onnx`, and
 * by Python's transformers, through `model.safetensors`: the same ids, labels and probabilities as ours.
 */
export async function check(python: string, shared: string | undefined): Promise<string> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'transformers-js-'));
  try {
    const { about, texts } = shared ? fineTuneMiniLM(work, shared) : fineTuneToy(work);
    return `${about}: ${await compareAnswers(python, path.join(work, 'model'), texts)}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

/** Compares the answers of a saved classifier of two labels. */
export async function compareAnswers(python: string, folder: string, texts: string[]): Promise<string> {
  const modules = peerModules(MODULES, '@huggingface/transformers', VERSION);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'answers-'));
  try {
    const ours = await answersOf(loadHuggingFace(folder), texts);
    const [questions, answers] = [path.join(work, 'texts.json'), path.join(work, 'answers.json')];
    fs.writeFileSync(questions, JSON.stringify(texts));
    const ask = (command: string, ...args: string[]): Answer[] => {
      execFileSync(command, [...args, folder, questions, answers], { stdio: ['ignore', 'ignore', 'pipe'] });
      return JSON.parse(fs.readFileSync(answers, 'utf8')) as Answer[];
    };
    const js = compare(ours, ask(process.execPath, path.join(__dirname, 'transformers-js.cjs'), modules));
    const py = compare(ours, ask(python, path.join(__dirname, 'saved_folder.py')));
    const counts = Object.entries(countsOf(ours.map(labelOf))).map(([label, count]) => `${count} ${label}`);
    ok(counts.length === 2, `Expected a model that answers with both labels, got ${counts.join()}.`);
    return `the labels (${counts.join(', ')}) and ids of transformers.js and transformers; probabilities within ${js} and ${py}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

interface FineTuned {
  readonly about: string;
  readonly texts: string[];
}

function fineTuneMiniLM(out: string, shared: string): FineTuned {
  const [glue, weights] = ['data/glue', 'data/weights/all-MiniLM-L6-v2'].map((at) => path.join(shared, at));
  const model = ['--model', weights!, '--layers', '3', '--limit', '4000', '--learning-rate', '0.0002'];
  fineTune(out, '--task', 'sst2', '--data-dir', glue!, '--epochs', '1', ...model);
  const { dev } = readGlue('sst2', glue!);
  return { about: 'MiniLM fine-tuned on SST-2', texts: dev.map(({ text }) => text) };
}

function fineTuneToy(out: string): FineTuned {
  fineTune(out, '--quick');
  const { dev } = toyTask({ train: 1, dev: SENTENCES });
  return { about: 'a tiny BERT trained on the toy task', texts: dev.map(({ text }) => text) };
}

function fineTune(out: string, ...options: string[]): void {
  const script = ['-r', 'ts-node/register', 'experiments/finetune.ts', '--out', out, '--force', ...options];
  execFileSync(process.execPath, script, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function answersOf(loaded: LoadedHuggingFace, texts: readonly string[]): Promise<Answer[]> {
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

/** The largest difference of probabilities; ids and labels must be the same. */
function compare(ours: readonly Answer[], theirs: readonly Answer[]): string {
  deepStrictEqual(
    theirs.map(({ ids }) => ids),
    ours.map(({ ids }) => ids),
  );
  deepStrictEqual(theirs.map(labelOf), ours.map(labelOf));
  const errors = ours.flatMap(({ scores }, i) =>
    Object.entries(scores).map(([label, score]) => Math.abs(score - theirs[i]!.scores[label]!)),
  );
  const error = Math.max(...errors);
  ok(error <= TOLERANCE, `Expected probabilities within ${TOLERANCE}, got ${error}.`);
  return error.toExponential(1);
}

function labelOf({ scores }: Answer): string {
  return Object.entries(scores).reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function countsOf(labels: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
