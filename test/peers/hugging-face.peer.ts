import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { forward } from '../../lib/core/forward';
import { HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { LoadedHuggingFace, loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face';
import { huggingFaceFamilies } from '../../lib/export/hugging-face-families';
import { isTransposed, storedName } from '../../lib/export/hugging-face-names';
import { readSafetensors } from '../../lib/export/safetensors';
import { encode } from '../../lib/models/encoder';
import { families } from '../../lib/models/family';

export const name = 'hugging-face';

const TOLERANCE = 1e-4;
/** Of a weight's largest gradient: sums over thousands of roundings. */
const GRADIENT_TOLERANCE = 2e-4;
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];

/** What is compared of each family: a classifier and a regression, with their names of classes and the loss of their gradients. */
const HEADS: readonly { labels: string[]; loss: (logits: tf.Tensor) => tf.Tensor }[] = [
  {
    labels: ['no', 'maybe', 'yes'],
    loss: (logits) => tf.losses.softmaxCrossEntropy(tf.oneHot([0, 1, 2], 3), logits),
  },
  {
    labels: ['score'],
    loss: (logits) => tf.losses.meanSquaredError(tf.tensor2d([[0.5], [-1], [2]]), logits),
  },
];

type Stored = ReadonlyMap<string, HostTensor>;

/** Compares logits, gradients, hidden states and saved folders of every family with PyTorch's transformers. */
export async function check(python: string, shared: string | undefined): Promise<string> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'hugging-face-'));
  const run = (...args: string[]) =>
    execFileSync(python, [path.join(__dirname, 'hugging-face.py'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const weights = shared && path.join(shared, 'data/weights/all-MiniLM-L6-v2');
  try {
    run('make', work, ...(weights ? [weights] : []));
    const cases = Object.keys(families).flatMap((family) =>
      HEADS.map(({ labels, loss }) => ({
        folder: path.join(work, `${family}-${labels.length}`),
        labels,
        loss,
      })),
    );
    const errors = cases.map(({ folder, labels, loss }) => compareLoaded(folder, labels, loss));
    run('saved', work);
    const saved = cases.map(({ folder }) => compareSaved(folder));
    const encoder = weights
      ? compareEncoder(work, weights)
      : 'no shared weights, so no trained encoder compared';
    return `differences of logits, hidden states, gradients: ${errors.join('; ')}; logits of the folders we saved differ by ${Math.max(...saved).toExponential(1)}; ${encoder}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

function compareLoaded(folder: string, classes: string[], loss: (logits: tf.Tensor) => tf.Tensor): string {
  const loaded = loadHuggingFace(path.join(folder, 'model'));
  const { model, config, labels, tokenizerFiles, fresh, ignored } = loaded;
  deepStrictEqual([labels, fresh, ignored], [classes, [], []]);
  const stored = readSafetensors(path.join(folder, 'tensors.safetensors'));
  const error = within(difference(forward(model, inputsOf(stored), false), stored.get('logits')!), 'logits');
  const { hidden } = encode(model, inputsOf(stored));
  const hiddenError = within(difference(hidden, stored.get('hidden')!), 'hidden states');
  const gradients = compareGradients(loaded, stored, {
    loss,
    expected: readSafetensors(path.join(folder, 'gradients.safetensors')),
  });
  saveHuggingFace(model, path.join(folder, 'saved'), { labels, tokenizerFiles });
  return `${config.family}, ${labels.length} output(s): ${error}, ${hiddenError}, ${gradients}`;
}

interface Gradients {
  readonly loss: (logits: tf.Tensor) => tf.Tensor;
  readonly expected: Stored;
}

function compareGradients(
  { model, config }: LoadedHuggingFace,
  stored: Stored,
  { loss, expected }: Gradients,
): string {
  const floor = Math.max(...[...expected.values()].map(largestOf)) / 1000; // a key's bias has gradient 0, but for rounding
  const { grads } = tf.variableGrads(() => loss(forward(model, inputsOf(stored), false)) as tf.Scalar);
  const errors = weightsOf(model).map(({ path, variable }) => {
    const gradient = grads[variable.name]!;
    const theirs = expected.get(storedName(path, huggingFaceFamilies[config.family]))!;
    const ours = isTransposed(path) ? gradient.transpose() : gradient;
    return difference(ours, theirs) / Math.max(largestOf(theirs), floor);
  });
  deepStrictEqual(errors.length, expected.size);
  return within(Math.max(...errors), 'gradients', GRADIENT_TOLERANCE);
}

function largestOf({ data }: HostTensor): number {
  return Math.max(...data.map(Math.abs));
}

function compareSaved(folder: string): number {
  const { model } = loadHuggingFace(path.join(folder, 'saved'));
  const logits = forward(model, inputsOf(readSafetensors(path.join(folder, 'tensors.safetensors'))), false);
  const saved = readSafetensors(path.join(folder, 'saved.safetensors'));
  const error = difference(logits, saved.get('logits')!);
  within(error, 'logits of the saved folder');
  return error;
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

function within(error: number, what: string, tolerance = TOLERANCE): string {
  ok(error <= tolerance, `Expected ${what} within ${tolerance} of transformers', got ${error}.`);
  return error.toExponential(1);
}
