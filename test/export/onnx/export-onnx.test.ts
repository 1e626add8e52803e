import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { staticInt8 } from '../../../lib/compress/scheme';
import { forward } from '../../../lib/forward/forward';
import { weightsOf } from '../../../lib/core/weights';
import { exportOnnx, ExportOnnxOptions } from '../../../lib/export/onnx/export-onnx';
import { bert } from '../../../lib/models/bert';
import { families, FamilyName } from '../../../lib/models/family';
import { firstInput } from '../../../lib/models/layers/first-input';
import { mlp } from '../../../lib/models/mlp';
import { expectNoLeak } from '../../leaks';
import { TENSOR_TYPE, type ValueInfoMessage } from '../../../lib/compile/onnx-messages';
import { graphOf } from '../../onnx-file';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'onnx-'));
const file = path.join(folder, 'model.onnx');
afterAll(() => fs.rmSync(folder, { recursive: true }));

const BERT = {
  vocabSize: 20,
  layers: 2,
  hiddenSize: 12,
  heads: 3,
  intermediateSize: 20,
  maxPositions: 9,
  labels: 3,
  initializerRange: 0.3,
  seed: 1,
};

/** Exports a model and runs the file on inputs of several shapes: the largest difference to eager tfjs, as a share of the largest value. */
async function errorOf(
  model: tf.LayersModel,
  batches: readonly (readonly tf.Tensor[])[],
  options?: ExportOnnxOptions,
): Promise<number> {
  exportOnnx(model, file, options);
  const session = await ort.InferenceSession.create(file);
  const errors: number[] = [];
  for (const xs of batches) {
    const expected = forward(model, xs, false);
    const feeds = xs.map((x, i) => [session.inputNames[i]!, feed(x, options)] as const);
    const results = await session.run(Object.fromEntries(feeds));
    const actual = results[session.outputNames[0]!]!;
    expect(actual.dims).toEqual(expected.shape);
    errors.push(difference(expected.dataSync(), actual.data as Float32Array));
  }
  await session.release();
  return Math.max(...errors);
}

function feed(x: tf.Tensor, options?: ExportOnnxOptions): ort.Tensor {
  const data = x.dataSync();
  if (x.dtype === 'int32' && options?.integers === 'int64') {
    return new ort.Tensor('int64', BigInt64Array.from(Array.from(data), BigInt), x.shape);
  }
  return new ort.Tensor(x.dtype as 'float32', data as Float32Array, x.shape);
}

function difference(expected: tf.TypedArray, actual: Float32Array): number {
  const errors = Array.from(expected, (value, i) => Math.abs(value - actual[i]!));
  return Math.max(...errors) / Math.max(...Array.from(expected, Math.abs), 1e-30);
}

const noise = (...shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', 3);

/** Random ids and types, and a mask that ends early in all rows but the first. */
function tokens(batch: number, time: number): tf.Tensor[] {
  const ids = tf.randomUniform([batch, time], 1, 20, 'int32', 5);
  const mask = tf.tensor2d(
    Array.from({ length: batch }, (_, row) =>
      Array.from({ length: time }, (_, i) => Number(row === 0 || i <= time / 2)),
    ),
    [batch, time],
    'int32',
  );
  return [ids, mask, tf.randomUniform([batch, time], 0, 2, 'int32', 6)];
}

/** A layer without weights that computes a function of one tensor. */
function lambda(compute: (x: tf.Tensor) => tf.Tensor): tf.layers.Layer {
  class Lambda extends tf.layers.Layer {
    static readonly className = 'Lambda';
    override computeOutputShape(): tf.Shape {
      return [null, null];
    }
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() => compute(Array.isArray(x) ? x[0]! : x));
    }
  }
  return new Lambda({});
}

/** A model of one input and one such layer. */
function modelOf(shape: (number | null)[], compute: (x: tf.Tensor) => tf.Tensor): tf.LayersModel {
  const x = tf.input({ shape, name: 'x' });
  return tf.model({ inputs: x, outputs: lambda(compute).apply(x) as tf.SymbolicTensor });
}

describe('a file computes what the model does, at shapes at which it was not traced', () => {
  test('a perceptron', async () => {
    const model = mlp({ inputSize: 4, hiddenSizes: [6, 5], outputSize: 3, seed: 1 });
    expect(
      await errorOf(
        model,
        [noise(1, 4), noise(7, 4)].map((x) => [x]),
      ),
    ).toBeLessThan(1e-5);
  });

  test('a convolutional net', async () => {
    const model = tf.sequential();
    model.add(
      tf.layers.conv2d({ inputShape: [9, 8, 2], filters: 4, kernelSize: 3, padding: 'same', strides: 2 }),
    );
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.activation({ activation: 'relu' }));
    model.add(tf.layers.depthwiseConv2d({ kernelSize: 2 }));
    model.add(tf.layers.maxPooling2d({ poolSize: 2, strides: 1 }));
    model.add(tf.layers.flatten());
    model.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
    expect(await errorOf(model, [[noise(1, 9, 8, 2)], [noise(5, 9, 8, 2)]])).toBeLessThan(1e-5);
  });

  test('images of any size', async () => {
    const model = tf.sequential();
    model.add(
      tf.layers.conv2d({ inputShape: [null, null, 2], filters: 3, kernelSize: 3, activation: 'relu' }),
    );
    model.add(tf.layers.globalAveragePooling2d({}));
    model.add(tf.layers.dense({ units: 2 }));
    expect(await errorOf(model, [[noise(1, 3, 4, 2)], [noise(2, 9, 5, 2)]])).toBeLessThan(1e-5);
  });

  test('two inputs', async () => {
    const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [2], name: 'b' })];
    const joined = tf.layers.concatenate().apply([a, b]) as tf.SymbolicTensor;
    const outputs = tf.layers.dense({ units: 2 }).apply(joined) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [a, b], outputs });
    expect(
      await errorOf(model, [
        [noise(1, 3), noise(1, 2)],
        [noise(6, 3), noise(6, 2)],
      ]),
    ).toBeLessThan(1e-5);
  });

  test('stock layers over a free length', async () => {
    const model = tf.sequential();
    model.add(tf.layers.embedding({ inputDim: 20, outputDim: 4, inputShape: [null] }));
    model.add(tf.layers.conv1d({ filters: 3, kernelSize: 2, padding: 'same' }));
    model.add(tf.layers.dense({ units: 5, activation: 'tanh' }));
    model.add(tf.layers.globalAveragePooling1d({}));
    const ids = (...shape: [number, number]) => [tf.randomUniform(shape, 0, 20, 'float32', 2).floor()];
    expect(await errorOf(model, [ids(1, 1), ids(3, 8)])).toBeLessThan(1e-5);
  });

  test.each(Object.keys(families) as FamilyName[])('a %s, with integers of 64 bits', async (family) => {
    const batches = [tokens(1, 1), tokens(1, 9), tokens(4, 3), tokens(3, 3), tokens(12, 2)];
    expect(await errorOf(bert({ ...BERT, family }), batches, { integers: 'int64' })).toBeLessThan(1e-5);
  });

  test('constants that depend on the free axes', async () => {
    const model = modelOf([null], (x) => {
      const [batch, time] = x.shape as [number, number];
      const places = tf
        .range(3, 3 + 2 * time, 2)
        .add(tf.ones([time]))
        .mul(tf.scalar(time - 1));
      return x
        .add(places)
        .sub(tf.fill([batch, 1], 4))
        .tile([2, 1])
        .reshape([time, 2 * batch]);
    });
    expect(await errorOf(model, [[noise(1, 1)], [noise(1, 2)], [noise(3, 5)]])).toBeLessThan(1e-5);
  });
});

describe('quantized models', () => {
  test('a prepared one has codes of 8 bits; a converted one computes the same', async () => {
    const model = bert(BERT);
    const prepared = prepare(model, staticInt8());
    tf.dispose(forward(model, tokens(4, 5), true));
    const batches = [tokens(1, 4), tokens(5, 7)];
    expect(await errorOf(model, batches)).toBeLessThan(0.02);
    const { initializer, node } = graphOf(fs.readFileSync(file));
    const codes = initializer.filter(({ name }) => name!.endsWith('/codes'));
    expect(codes.every(({ dataType }) => dataType === TENSOR_TYPE.int8)).toBe(true);
    expect(codes.length).toBe(prepared.weights.size);
    expect(node.filter(({ opType }) => opType === 'QuantizeLinear').length).toBeGreaterThan(0);
    expect(await errorOf(convert(prepared).model, batches)).toBeLessThan(0.02);
  });
});

describe('names', () => {
  test('are the model’s own by default, and of the weights their paths', () => {
    const model = mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 1 });
    exportOnnx(model, file);
    const graph = graphOf(fs.readFileSync(file));
    expect(graph.input.map(({ name }) => name)).toEqual(model.inputNames);
    expect(graph.output.map(({ name }) => name)).toEqual(model.outputNames);
    const named = graph.initializer.map(({ name }) => name!).filter((name) => name.includes('/'));
    expect(named.sort()).toEqual(model.weights.map(({ originalName }) => originalName).sort());
  });

  test('can be chosen, those of axes too', () => {
    const model = modelOf([null, 2], (x) => x.sum(2));
    exportOnnx(model, file, { inputNames: ['t0'], outputName: 'c0', axisNames: ['n', 'length'] });
    const graph = graphOf(fs.readFileSync(file));
    const axes = (value: ValueInfoMessage) =>
      value.type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || Number(dimValue));
    expect(graph.input.map(axes)).toEqual([['n', 'length', 2]]);
    expect(graph.output.map(axes)).toEqual([['n', 'length']]);
    return expect(ort.InferenceSession.create(file)).resolves.toHaveProperty('inputNames', ['t0']);
  });

  test('of inputs that nothing depends on are left out if asked', () => {
    const [x, y] = [tf.input({ shape: [2], name: 'x' }), tf.input({ shape: [3], name: 'y' })];
    const outputs = firstInput({ name: 'first' }).apply([y, x]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [x, y], outputs });
    const inputsOf = (options: ExportOnnxOptions) => {
      exportOnnx(model, file, options);
      return graphOf(fs.readFileSync(file)).input.map(({ name }) => name);
    };
    expect([inputsOf({}), inputsOf({ dropUnused: true })]).toEqual([['x', 'y'], ['y']]);
  });

  test('must be different and as many as the inputs', () => {
    const model = mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 1 });
    const message = 'Expected 1 different input name(s)';
    expect(() => exportOnnx(model, file, { inputNames: ['a', 'b'] })).toThrow(message);
    expect(() => exportOnnx(model, file, { inputNames: ['a'], outputName: 'a' })).toThrow(message);
  });
});

describe('refused with a sentence', () => {
  const refused = (model: tf.LayersModel) => expect(() => exportOnnx(model, path.join(folder, 'none.onnx')));

  test('sizes that are no sums of products, by the operator', () => {
    refused(modelOf([null], (x) => x.slice([0, 0], [-1, Math.floor(x.shape[1]! / 2)]))).toThrow(
      /Slice takes other numbers of shape \[2\]/,
    );
    refused(modelOf([null], (x) => x.mul(1 / x.shape[1]!))).toThrow(/Mul takes other numbers of shape \[\]/);
    expect(fs.existsSync(path.join(folder, 'none.onnx'))).toBe(false);
  });

  test('another computation at another size', () => {
    refused(modelOf([null], (x) => (x.shape[1]! % 2 ? x.sin() : x.cos()))).toThrow(/Sin|Cos/);
    const loop = (x: tf.Tensor, times: number): tf.Tensor => (times > 0 ? loop(x.sin(), times - 1) : x);
    refused(modelOf([null], (x) => loop(x, x.shape[1]!))).toThrow('is another operation, as in a loop');
  });

  test('an operation without a mapping', () => {
    refused(modelOf([4], (x) => tf.reverse(tf.fft(tf.complex(x, x)).as2D(1, -1)))).toThrow(
      'has no ONNX mapping',
    );
  });

  test('several outputs', () => {
    const x = tf.input({ shape: [2] });
    const outputs = [1, 2].map((units) => tf.layers.dense({ units }).apply(x) as tf.SymbolicTensor);
    refused(tf.model({ inputs: x, outputs })).toThrow('one output');
  });
});

test('weights of more than 2 GB are refused before they are written', () => {
  const model = mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 1 });
  const { variable } = weightsOf(model)[0]!;
  const values = Object.defineProperty(new Float32Array(24), 'byteLength', { value: 2.25 * 2 ** 30 });
  jest.spyOn(variable, 'dataSync').mockReturnValue(values);
  const large = path.join(folder, 'large.onnx');
  expect(() => exportOnnx(model, large)).toThrow(/at most 2 GB of weights.* for "mlp", got 2.3 GB/);
  expect(fs.existsSync(large)).toBe(false);
});

test('leaves no tensors behind', async () => {
  const model = bert(BERT);
  await expectNoLeak(() => exportOnnx(model, file));
});
