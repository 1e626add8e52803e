import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../../lib/compress/calibrate';
import { Compressed } from '../../../lib/compress/compressed';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { Rules } from '../../../lib/compress/rules';
import { weightsOf } from '../../../lib/core/weights';
import { forward } from '../../../lib/forward/forward';

let root: string;

/** A folder for the models of each test of a file, on the cpu backend. */
export function scratchEachTest(): void {
  beforeAll(() => tf.setBackend('cpu'));
  beforeEach(() => void (root = fs.mkdtempSync(path.join(os.tmpdir(), 'tfjs-'))));
  afterEach(() => fs.rmSync(root, { recursive: true }));
}

/** Where a test's model lies: a folder that is not there before. */
export const folderOf = (name = 'model') => path.join(root, name);
export const file = (name: string) => path.join(folderOf(), name);
export const names = () => fs.readdirSync(folderOf()).sort();
export const shards = () => names().filter((name) => name.endsWith('.bin'));
export const readJson = () => JSON.parse(fs.readFileSync(file('model.json'), 'utf8'));

/** Changes the test's model.json. */
export function edit(change: (json: ReturnType<typeof readJson>) => void): void {
  const json = readJson();
  change(json);
  fs.writeFileSync(file('model.json'), JSON.stringify(json));
}

/** A model of stock layers alone, with weights that are not round. */
export function stock(units = 6): tf.LayersModel {
  const model = tf.sequential({ name: 'stock' });
  model.add(tf.layers.dense({ name: 'body', units, activation: 'relu', inputShape: [4] }));
  model.add(tf.layers.batchNormalization({ name: 'norm' }));
  model.add(tf.layers.dense({ name: 'head', units: 2 }));
  weightsOf(model).forEach(({ variable }, i) => {
    tf.tidy(() => variable.assign(variable.add(tf.randomUniform(variable.shape, 0, 0.3, 'float32', i + 1))));
  });
  return model;
}

export const x = () => tf.randomNormal([5, 4], 0, 1, 'float32', 3);
export const bertInputs = () => [
  tf.tensor2d([[2, 5, 7, 3]], undefined, 'int32'),
  tf.tensor2d([[1, 1, 1, 0]], undefined, 'int32'),
  tf.tensor2d([[0, 0, 1, 1]], undefined, 'int32'),
];
export const outputOf = (model: tf.LayersModel, xs: tf.Tensor[] = [x()]) => [
  ...forward(model, xs, false).dataSync(),
];
export const valuesOf = (model: tf.LayersModel) =>
  Object.fromEntries(
    model.weights.map((weight): [string, number[]] => [weight.originalName, [...weight.read().dataSync()]]),
  );

export async function compress(model: tf.LayersModel, rules: Rules, xs?: tf.Tensor[]): Promise<Compressed> {
  const prepared = prepare(model, rules);
  if (xs) await calibrate(prepared, [xs]);
  const compressed = convert(prepared);
  prepared.detach();
  return compressed;
}

interface Stock {
  readonly weights: Record<string, number[]>;
  readonly outputs: number[];
  readonly error?: string;
}

/** What a process that has only stock tfjs, and a module of ours if any, makes of the folder. */
export async function askStock(xs: tf.Tensor[] = [x()], own?: string): Promise<Stock> {
  const inputs = xs.map((tensor) => ({ dtype: tensor.dtype, values: tensor.arraySync() }));
  const program = [path.join(__dirname, 'stock-tfjs.cjs'), folderOf(), JSON.stringify(inputs)];
  const options = own === undefined ? program : ['-r', 'ts-node/register', ...program, own];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return JSON.parse(stdout) as Stock;
}

export const expectClose = (values: readonly number[], others: readonly number[]) => {
  expect(values).toHaveLength(others.length);
  values.forEach((value, i) => expect(value).toBeCloseTo(others[i]!, 5));
};
