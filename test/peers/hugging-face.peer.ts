import { deepStrictEqual, ok } from 'node:assert';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { atClock } from '../../lib/core/clock';
import { forward } from '../../lib/forward/forward';
import { HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { LoadedHuggingFace, loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { huggingFaceFamilies } from '../../lib/export/hugging-face/families';
import { isTransposed, storedName } from '../../lib/export/hugging-face/names';
import { readSafetensors } from '../../lib/export/safetensors';
import { bert } from '../../lib/models/bert';
import { encodeTokens } from '../../lib/models/encoder';
import { families } from '../../lib/models/family';
import type { Problem } from '../../lib/models/problem';
import { shrink } from '../../lib/structure/shrink';
import { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from '../../trainers/losses';

export const name = 'hugging-face';

const TOLERANCE = 1e-4;
/** Of a weight's largest gradient: sums over thousands of roundings. */
const GRADIENT_TOLERANCE = 2e-4;
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];

const LABELS = ['no', 'maybe', 'yes'];

/** What is compared of each family: heads of every problem, with the names of their outputs and the loss of their gradients. */
const HEADS: readonly Head[] = [
  {
    name: 'classes',
    problem: 'single-label',
    labels: LABELS,
    loss: (logits) => softmaxCrossEntropy(logits, tf.tensor1d([0, 1, 2], 'int32')),
  },
  {
    name: 'labels',
    problem: 'multi-label',
    labels: LABELS,
    loss: (logits) =>
      sigmoidCrossEntropy(
        logits,
        tf.tensor2d([
          [1, 0, 1],
          [0, 0, 0],
          [0, 1, 1],
        ]),
      ),
  },
  {
    name: 'numbers',
    problem: 'regression',
    labels: LABELS,
    loss: (logits) =>
      meanSquaredError(
        logits,
        tf.tensor2d([
          [0.5, 1, 2],
          [-1, 0, 0.25],
          [2, -2, 1],
        ]),
      ),
  },
  {
    name: 'number',
    problem: 'regression',
    labels: ['score'],
    loss: (logits) => meanSquaredError(logits, tf.tensor1d([0.5, -1, 2])),
  },
];

interface Head {
  readonly name: string;
  readonly problem: Problem;
  readonly labels: string[];
  readonly loss: (logits: tf.Tensor) => tf.Scalar;
}

/** One dropout rate at a time is so high that nothing is kept, but for one draw in 65536: of this seed's draws none. */
const ALL = 1 - 1e-7;
const SEED = 0;
const RATES = ['dropout', 'attentionDropout', 'classifierDropout'] as const;

/** Of three layers with 4 heads and 100 neurons: one is left whole, so that the full size is what it was. */
const CUT = {
  heads: [[1, 3], [0, 1, 2, 3], []],
  neurons: [Array.from({ length: 100 }, (_, i) => i), [0, 7, 99], []],
};

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
      HEADS.map((head) => ({ folder: path.join(work, `${family}-${head.name}`), head })),
    );
    const errors = cases.map(({ folder, head }) => compareLoaded(folder, head));
    run('saved', work);
    const [saved, cut] = (['saved', 'cut'] as const).map((which) =>
      Math.max(...cases.map(({ folder }) => compareSaved(folder, which))).toExponential(1),
    );
    const encoder = weights
      ? compareEncoder(work, weights)
      : 'no shared weights, so no trained encoder compared';
    return `differences of logits (in inference, in training, of the loss), hidden states, gradients: ${errors.join('; ')}; logits of the folders we saved differ by ${saved}, of those whose heads and neurons are cut, in full size, by ${cut}; ${encoder}`;
  } finally {
    fs.rmSync(work, { recursive: true });
  }
}

function compareLoaded(folder: string, head: Head): string {
  const loaded = loadHuggingFace(path.join(folder, 'model'));
  const { model, config, labels, tokenizerFiles, fresh, ignored } = loaded;
  deepStrictEqual([labels, config.problem, fresh, ignored], [head.labels, head.problem, [], []]);
  const stored = readSafetensors(path.join(folder, 'tensors.safetensors'));
  const logits = forward(model, inputsOf(stored), false);
  const error = within(difference(logits, stored.get('logits')!), 'logits');
  const lossError = within(difference(head.loss(logits), stored.get('loss')!), 'loss');
  const dropped = compareDropped(loaded, stored);
  const { hidden } = encodeTokens(model, inputsOf(stored));
  const hiddenError = within(difference(hidden, stored.get('hidden')!), 'hidden states');
  const gradients = compareGradients(loaded, stored, {
    loss: head.loss,
    expected: readSafetensors(path.join(folder, 'gradients.safetensors')),
  });
  saveHuggingFace(model, path.join(folder, 'saved'), { labels, tokenizerFiles });
  saveHuggingFace(shrink(model, CUT), path.join(folder, 'cut'), { labels, tokenizerFiles, zeros: true });
  return `${config.family}, ${head.name}: ${error}, ${dropped}, ${lossError}, ${hiddenError}, ${gradients}`;
}

/** In training, with each rate alone: so what drops is dropped in the same places. */
function compareDropped({ model, config }: LoadedHuggingFace, stored: Stored): string {
  const errors = RATES.map((rate) => {
    const none = { dropout: 0, attentionDropout: 0, classifierDropout: 0 };
    const other = bert({ ...config, ...none, [rate]: ALL });
    other.setWeights(model.getWeights());
    const error = difference(
      atClock({ seed: SEED, tick: 0 }, () => forward(other, inputsOf(stored), true)),
      stored.get(`without ${rate}`)!,
    );
    within(error, `logits in training, nothing kept by ${rate}`);
    other.dispose();
    return error;
  });
  return Math.max(...errors).toExponential(1);
}

interface Gradients {
  readonly loss: Head['loss'];
  readonly expected: Stored;
}

function compareGradients(
  { model, config }: LoadedHuggingFace,
  stored: Stored,
  { loss, expected }: Gradients,
): string {
  const floor = Math.max(...[...expected.values()].map(largestOf)) / 1000; // a key's bias has gradient 0, but for rounding
  const { grads } = tf.variableGrads(() => loss(forward(model, inputsOf(stored), false)));
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

function compareSaved(folder: string, which: 'saved' | 'cut'): number {
  const saved = loadHuggingFace(path.join(folder, 'saved')).model;
  const model = which === 'cut' ? shrink(saved, CUT) : saved;
  const logits = forward(model, inputsOf(readSafetensors(path.join(folder, 'tensors.safetensors'))), false);
  const theirs = readSafetensors(path.join(folder, `${which}.safetensors`));
  const error = difference(logits, theirs.get('logits')!);
  within(error, `logits of the folder "${which}"`);
  return error;
}

function compareEncoder(work: string, weights: string): string {
  const { model } = loadHuggingFace(weights);
  const stored = readSafetensors(path.join(work, 'encoder.safetensors'));
  const { hidden, pooled } = encodeTokens(model, inputsOf(stored));
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
