import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readGlue } from '../../datasets/glue';
import { toyTask } from '../../datasets/toy';
import { loadHuggingFace } from '../../lib/export/hugging-face/folder';
import { answersOf, askProgram, compareAnswers, countLabels } from './answers';
import { askTransformersJs } from './transformers-js';

export const name = 'transformers-js';

const ROOT = path.resolve(__dirname, '../..');
/** Of the toy task; of SST-2 all of the dev set. */
const SENTENCES = 256;

/**
 * Fine-tunes a model and has the dev set's texts answered from the run's folder by transformers.js, through `onnx/model.onnx`, and
 * by Python's transformers, through `model.safetensors`: the same ids, labels and probabilities as ours.
 */
export async function check(python: string, shared: string | undefined): Promise<string> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'transformers-js-'));
  try {
    const { about, texts } = shared ? fineTuneMiniLM(work, shared) : fineTuneToy(work);
    return `${about}: ${await compare(python, path.join(work, 'model'), texts)}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

async function compare(python: string, folder: string, texts: readonly string[]): Promise<string> {
  const ours = await answersOf(loadHuggingFace(folder), texts);
  const js = compareAnswers(ours, askTransformersJs(folder, texts));
  const script = path.join(__dirname, 'saved_folder.py');
  const py = compareAnswers(ours, askProgram(python, [script], folder, texts));
  return (
    `the labels (${countLabels(ours)}) and ids of transformers.js and transformers; probabilities within ` +
    `${js} and ${py}`
  );
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
