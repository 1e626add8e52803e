import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { forward } from '../../lib/core/forward';
import { HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face';
import { isTransposed, storedName } from '../../lib/export/hugging-face-names';
import { readSafetensors } from '../../lib/export/safetensors';
import { encode } from '../../lib/models/encoder';

export const name = 'hugging-face';

const TOLERANCE = 1e-4;
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];
const LABELS = [0, 1, 2];

type Stored = ReadonlyMap<string, HostTensor>;

/** Compares logits, gradients, hidden states and saved folders with PyTorch's transformers. */
export async function check(python: string, shared: string | undefined): Promise<string> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'hugging-face-'));
  const run = (...args: string[]) =>
    execFileSync(python, [path.join(__dirname, 'hugging-face.py'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const weights = shared && path.join(shared, 'data/weights/all-MiniLM-L6-v2');
  try {
    run('make', work, ...(weights ? [weights] : []));
    const classifier = compareClassifier(work, run);
    const encoder = weights
      ? compareEncoder(work, weights)
      : 'no shared weights, so no trained encoder compared';
    return `${classifier}; ${encoder}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

function compareClassifier(work: string, run: (...args: string[]) => void): string {
  const { model, labels, tokenizerFiles, fresh, ignored } = loadHuggingFace(path.join(work, 'classifier'));
  deepStrictEqual([labels, fresh, ignored], [['no', 'maybe', 'yes'], [], []]);
  const stored = readSafetensors(path.join(work, 'classifier.safetensors'));
  const logits = forward(model, inputsOf(stored), false);
  const error = within(difference(logits, stored.get('logits')!), 'logits');
  const gradients = compareGradients(
    model,
    stored,
    readSafetensors(path.join(work, 'gradients.safetensors')),
  );

  saveHuggingFace(model, path.join(work, 'saved'), { labels, tokenizerFiles });
  run('saved', work);
  const saved = readSafetensors(path.join(work, 'saved.safetensors'));
  const savedError = within(difference(logits, saved.get('logits')!), 'logits of the saved folder');
  deepStrictEqual([...saved.get('ids')!.data], [2, 9, 5, 7, 8, 3, 6, 3]);
  return (
    `random classifier: logits differ by ${error}, gradients by ${gradients} of their largest, ` +
    `logits of the folder we saved by ${savedError}`
  );
}

function compareGradients(model: tf.LayersModel, stored: Stored, expected: Stored): string {
  const onehot = tf.oneHot(LABELS, LABELS.length);
  const loss = () =>
    tf.losses.softmaxCrossEntropy(onehot, forward(model, inputsOf(stored), false)) as tf.Scalar;
  const { grads } = tf.variableGrads(loss);
  const errors = weightsOf(model).map(({ path, variable }) => {
    const gradient = grads[variable.name]!;
    const theirs = expected.get(storedName(path))!;
    const ours = isTransposed(path) ? gradient.transpose() : gradient;
    return difference(ours, theirs) / Math.max(...theirs.data.map(Math.abs), 1e-3);
  });
  deepStrictEqual(errors.length, expected.size);
  return within(Math.max(...errors), 'gradients');
}

function compareEncoder(work: string, weights: string): string {
  const { model } = loadHuggingFace(weights);
  const stored = readSafetensors(path.join(work, 'encoder.safetensors'));
  const { hidden, pooled } = encode(model, inputsOf(stored));
  const hiddenError = within(difference(hidden, stored.get('hidden')!), 'hidden states');
  const pooledError = within(difference(pooled, stored.get('pooled')!), 'pooler output');
  return `MiniLM: hidden states differ by ${hiddenError}, pooler by ${pooledError}`;
}

function inputsOf(stored: Stored): tf.Tensor[] {
  return INPUTS.map((name) => tf.tensor(stored.get(name)!.data, stored.get(name)!.shape, 'int32'));
}

function difference(actual: tf.Tensor, expected: HostTensor): number {
  deepStrictEqual(actual.shape, expected.shape);
  return Math.max(...actual.dataSync().map((value, i) => Math.abs(value - expected.data[i]!)));
}

function within(error: number, what: string): string {
  ok(error <= TOLERANCE, `Expected ${what} within ${TOLERANCE} of transformers', got ${error}.`);
  return error.toExponential(1);
}
