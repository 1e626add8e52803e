import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { readGlue } from '../../datasets/glue';
import { tokenizerOf } from '../../datasets/tokenizer-of';
import { toyTask } from '../../datasets/toy';
import { outputsOf } from '../../experiments/answers';
import { weightsOf } from '../../lib/core/weights';
import { LoadedHuggingFace, loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face';
import { bert } from '../../lib/models/bert';
import { bertSizes } from '../../lib/models/bert-config';
import { peerModules } from './node-modules';

export const name = 'transformers-js';

const VERSION = '4.3.1';
const MODULES = path.resolve(__dirname, '../../node_modules/.cache/whittle-transformers-js');
const LABELS = ['down', 'up'];
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
 * Saves a folder and has its texts answered by transformers.js, through `onnx/model.onnx`, and by Python's transformers, through
 * `model.safetensors`: the same ids, labels and probabilities as ours.
 */
export async function check(python: string, shared: string | undefined): Promise<string> {
  const modules = peerModules(MODULES, '@huggingface/transformers', VERSION);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'transformers-js-'));
  try {
    const folder = path.join(work, 'model');
    const sentences = shared ? await saveMiniLM(folder, shared) : await saveToy(folder);
    const loaded = loadHuggingFace(folder);
    const ours = await answersOf(loaded, sentences);
    const [texts, answers] = [path.join(work, 'texts.json'), path.join(work, 'answers.json')];
    fs.writeFileSync(texts, JSON.stringify(sentences));
    const ask = (command: string, ...args: string[]): Answer[] => {
      execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      return JSON.parse(fs.readFileSync(answers, 'utf8')) as Answer[];
    };
    const javascript = path.join(__dirname, 'transformers-js.cjs');
    const js = compare(ours, ask(process.execPath, javascript, modules, folder, texts, answers));
    const py = compare(ours, ask(python, path.join(__dirname, 'saved_folder.py'), folder, texts, answers));
    const ups = ours.filter((answer) => labelOf(answer) === LABELS[1]).length;
    return (
      `${shared ? 'MiniLM on SST-2' : 'a tiny BERT on the toy task'}: the labels (${ups} of ${ours.length} ${LABELS[1]}) and ids of ` +
      `transformers.js and transformers; probabilities within ${js} and ${py}`
    );
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

async function saveMiniLM(folder: string, shared: string): Promise<string[]> {
  const loaded = loadHuggingFace(path.join(shared, 'data/weights/all-MiniLM-L6-v2'), {
    labels: LABELS,
    newClassifier: true,
    seed: 1,
  });
  const { dev } = readGlue('sst2', path.join(shared, 'data/glue'));
  return saveBalanced(
    folder,
    loaded,
    dev.map(({ text }) => text),
  );
}

async function saveToy(folder: string): Promise<string[]> {
  const { vocabulary, dev } = toyTask({ train: 1, dev: SENTENCES });
  const sizes = { ...bertSizes.tiny, vocabSize: vocabulary.length, initializerRange: 0.2 };
  const tokenizerFiles = { vocabulary, lowercase: true };
  const model = bert({ ...sizes, labels: LABELS.length, seed: 1 });
  saveHuggingFace(model, folder, { tokenizerFiles, labels: LABELS });
  return saveBalanced(
    folder,
    loadHuggingFace(folder),
    dev.map(({ text }) => text),
  );
}

/** A classifier with random weights says the same of nearly everything: move its bias so that about half of the texts get each label. */
async function saveBalanced(folder: string, loaded: LoadedHuggingFace, texts: string[]): Promise<string[]> {
  const { data } = await outputsOf(
    loaded,
    texts.map((text) => ({ text })),
  );
  const margins = texts.map((_, i) => data[2 * i + 1]! - data[2 * i]!).sort((a, b) => a - b);
  const { variable } = weightsOf(loaded.model).find((weight) => weight.path === 'classifier/bias')!;
  variable.assign(tf.tensor1d([middle(margins), 0]));
  saveHuggingFace(loaded.model, folder, loaded);
  return texts;
}

/** A number between two of these, in the widest gap of the middle fifth: so no text is a tie. */
function middle(sorted: readonly number[]): number {
  const fifth = sorted.slice(Math.floor(sorted.length * 0.4), Math.ceil(sorted.length * 0.6));
  const gaps = fifth.slice(1).map((value, i) => value - fifth[i]!);
  const widest = gaps.indexOf(Math.max(...gaps));
  return (fifth[widest]! + fifth[widest + 1]!) / 2;
}

async function answersOf(loaded: LoadedHuggingFace, texts: readonly string[]): Promise<Answer[]> {
  const { data } = await outputsOf(
    loaded,
    texts.map((text) => ({ text })),
  );
  const { encode } = tokenizerOf(loaded.tokenizerFiles);
  return texts.map((text, i) => {
    const up = 1 / (1 + Math.exp(data[2 * i]! - data[2 * i + 1]!));
    return { ids: encode(text, undefined, loaded.config.maxPositions).ids, scores: { down: 1 - up, up } };
  });
}

/** The largest difference of probabilities; ids and labels must be the same. */
function compare(ours: readonly Answer[], theirs: readonly Answer[]): string {
  deepStrictEqual(
    theirs.map(({ ids }) => ids),
    ours.map(({ ids }) => ids),
  );
  deepStrictEqual(theirs.map(labelOf), ours.map(labelOf));
  const errors = ours.map(({ scores }, i) => Math.abs(scores['up']! - theirs[i]!.scores['up']!));
  const error = Math.max(...errors);
  ok(error <= TOLERANCE, `Expected probabilities within ${TOLERANCE}, got ${error}.`);
  return error.toExponential(1);
}

const labelOf = ({ scores }: Answer): string => (scores['up']! >= scores['down']! ? 'up' : 'down');
