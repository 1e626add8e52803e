import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { fromTensors } from '../../datasets/batch';
import { jit } from '../../lib/compile/jit';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { weightOnly } from '../../lib/compress/scheme';
import { report } from '../../lib/compress/report';
import { exportOnnx } from '../../lib/export/onnx/export-onnx';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { meanSquaredError } from '../../trainers/losses';
import { sgd } from '../../trainers/optimizer';
import { parametersOf } from '../../trainers/parameters';
import { constantRate } from '../../trainers/schedules';
import { train } from '../../trainers/trainer';
import { captureModel } from '../../trainers/model-state';
import { expectSameAsEager } from '../compile/close';

/**
 * On tfjs's cpu backend `toFloat()` of integers or booleans keeps their array behind the dtype float32, and `toInt()` of booleans
 * theirs behind int32. The dtype decides, not the array.
 */
const integers = (...values: number[]): tf.Tensor => tf.tensor1d(values, 'int32').toFloat();
const booleans = (...values: boolean[]): tf.Tensor => tf.tensor1d(values, 'bool').toFloat();

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

describe('a compiled function', () => {
  test.each([
    ['integers', () => integers(1, 2, 3)],
    ['booleans', () => booleans(true, false, true)],
  ])('takes %s called floats as arguments', async (_, make) => {
    await expectSameAsEager((x, y) => x.div(y), [make(), integers(2, 2, 2)]);
  });

  test('takes booleans called integers as arguments', async () => {
    await expectSameAsEager((x) => x.add(x), [tf.tensor1d([true, true], 'bool').toInt()]);
  });

  test('captures one array as floats and as the integers that it holds', async () => {
    const whole = tf.tensor1d([7, 16777217], 'int32');
    const floats = whole.toFloat();
    await expectSameAsEager((x) => [floats.div(x), whole.add(whole)], [tf.scalar(2)]);
    await expectSameAsEager((x) => [whole.add(whole), floats.div(x)], [tf.scalar(2)]);
  });

  test('reads and updates a variable that holds integers as floats', async () => {
    const half = tf.variable(integers(1, 3));
    const step = jit(() => {
      half.assign(half.div(2));
      return half.mul(1);
    });
    expect(Array.from((await step()).dataSync())).toEqual([0.5, 1.5]);
    expect(Array.from((await step()).dataSync())).toEqual([0.25, 0.75]);
    expect(Array.from(half.dataSync())).toEqual([0.25, 0.75]);
    await step.dispose();
  });
});

/** y = x · kernel, with a kernel of integers called floats. */
function integerModel(trainable = true): tf.Sequential {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 1, inputShape: [2], useBias: false, name: 'dense', trainable })],
  });
  const other = tf.layers.dense({ units: 1, useBias: false, name: 'head', kernelInitializer: 'ones' });
  model.add(other);
  model.layers[0]!.setWeights([integers(1, 3).reshape([2, 1])]);
  return model;
}

const engines = [
  ['compiled', compiledEngine()],
  ['eager cpu', eagerEngine({ backend: 'cpu' })],
  ['eager wasm', eagerEngine({ backend: 'wasm' })],
] as const;

describe.each(engines)('training on the %s engine', (_, engine) => {
  test.each([true, false])(
    'takes weights, inputs and labels of integers called floats (trainable: %p)',
    async (trainable) => {
      const model = integerModel(trainable);
      const x = integers(1, 0, 0, 1).reshape([2, 2]);
      const data = fromTensors(x, booleans(true, false), { batchSize: 2, shuffle: false });
      const options = {
        optimizer: sgd({ momentum: 0 }),
        learningRate: constantRate(0.25),
        loss: meanSquaredError,
      };
      const { losses } = await train({ model, data, engine, steps: 2, dev: data, ...options });
      // head = 1; predictions 1 and 3, labels 1 and 0
      expect(losses[0]).toBe(4.5);
      if (!trainable) {
        // d/dhead = mean 2 (p - y) k = (2·0·1 + 2·3·3)/2 = 9; head = 1 - 2.25 = -1.25
        expect(losses[1]).toBe(((-1.25 - 1) ** 2 + 3.75 ** 2) / 2);
      }
      expect(Array.from((model.predict(x) as tf.Tensor).dataSync()).some(Number.isInteger)).toBe(false);
    },
  );

  test('predicts with integers called floats', async () => {
    const model = integerModel();
    const parameters = parametersOf(model);
    const running = await engine(model, parameters, meanSquaredError);
    const { dtype, data } = await (
      await running.inference()
    ).predict([{ dtype: 'float32', shape: [1, 2], data: Float32Array.of(0.5, 0) }]);
    expect([dtype, ...data]).toEqual(['float32', 0.5]);
    running.dispose();
    parameters.dispose();
  });
});

test('an exported model computes in floats with weights of integers', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dtypes-'));
  const model = integerModel();
  exportOnnx(model, path.join(folder, 'model.onnx'), { inputNames: ['x'], outputName: 'y' });
  const session = await ort.InferenceSession.create(path.join(folder, 'model.onnx'));
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(0.5, 0.25), [1, 2]) });
  expect(Array.from(y!.data as Float32Array)).toEqual([1.25]);
  await session.release();
  fs.rmSync(folder, { recursive: true });
});

test('weights of integers are quantized, converted and reported as floats', async () => {
  const model = integerModel();
  expect(report(model).rows[0]).toMatchObject({ bits: 32, bytes: 8 });
  const prepared = prepare(model, weightOnly());
  const quantized = jit((x: tf.Tensor) => model.apply(x) as tf.Tensor);
  const x = tf.tensor2d([[0, 1]]);
  expect(Array.from((await quantized(x)).dataSync())).toEqual([3]);
  const { model: converted, weights } = convert(prepared);
  expect(Array.from(weights.get('dense/kernel')!.codes)).toEqual([21, 63]); // 1 and 3 by 3/63
  expect(Array.from((converted.predict(x) as tf.Tensor).dataSync())).toEqual([3]);
  await quantized.dispose();
  prepared.detach();
});

test('a captured state has the dtype of a frozen weight', async () => {
  const model = integerModel(false);
  const parameters = parametersOf(model);
  const state = await captureModel(model, parameters);
  expect(state['weights/dense/kernel']).toEqual({
    dtype: 'float32',
    shape: [2, 1],
    data: Float32Array.of(1, 3),
  });
  parameters.dispose();
});
