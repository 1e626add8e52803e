import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { hostTensor, sizeOf } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { onnxBytes } from '../../lib/export/onnx/export-onnx';
import { perTensor } from '../../lib/quantization/granularity';
import { scopeEachTest } from '../scope';
import { graphOf } from '../onnx-file';

const { calibrate, convert, int8, needsCalibration, prepare, report, staticInt8, weightOnly } = whittle;
const { layers } = tf;

scopeEachTest();

type Case = [
  name: string,
  make: () => tf.layers.Layer,
  inputShape: number[],
  weights: string[],
  inputs: string[],
];

const KERNEL = ['l/kernel'];
const BOTH = ['l/kernel', 'l/recurrent_kernel'];
const each = (layer: tf.layers.Layer) => layers.timeDistributed({ name: 'l', layer });
const tower = () =>
  tf.sequential({
    layers: [
      layers.dense({ units: 2, inputShape: [2], name: 'up' }),
      layers.dense({ units: 3, name: 'down' }),
    ],
  });
const named = { name: 'l' };
const window = { ...named, filters: 3, kernelSize: 2 };
const cells = () => [
  layers.lstmCell({ units: 2 }),
  layers.gruCell({ units: 3 }),
  layers.simpleRNNCell({ units: 2 }),
];

/** Layers, what of them becomes codes, and whose inputs do: those that stand in the graph. */
const CASES: Case[] = [
  ['dense', () => layers.dense({ ...named, units: 3 }), [4, 2], KERNEL, ['l']],
  ['embedding', () => layers.embedding({ ...named, inputDim: 5, outputDim: 3 }), [4], ['l/embeddings'], []],
  ['conv1d', () => layers.conv1d(window), [4, 2], KERNEL, ['l']],
  ['conv2d', () => layers.conv2d(window), [4, 4, 2], KERNEL, ['l']],
  ['conv2d, dilated', () => layers.conv2d({ ...window, dilationRate: 2 }), [4, 4, 2], KERNEL, ['l']],
  ['conv3d', () => layers.conv3d(window), [3, 3, 3, 2], KERNEL, ['l']],
  ['conv2dTranspose', () => layers.conv2dTranspose({ ...window, strides: 2 }), [3, 3, 2], KERNEL, ['l']],
  ['conv3dTranspose', () => layers.conv3dTranspose({ ...window, strides: 2 }), [2, 2, 2, 2], KERNEL, ['l']],
  [
    'depthwise',
    () => layers.depthwiseConv2d({ ...named, kernelSize: 2, depthMultiplier: 2 }),
    [4, 4, 2],
    ['l/depthwise_kernel'],
    ['l'],
  ],
  [
    'separable',
    () => layers.separableConv2d({ ...window, depthMultiplier: 2 }),
    [4, 4, 2],
    ['l/depthwise_kernel', 'l/pointwise_kernel'],
    ['l'],
  ],
  ['lstm', () => layers.lstm({ ...named, units: 3 }), [4, 2], BOTH, []],
  ['gru', () => layers.gru({ ...named, units: 3, returnSequences: true }), [4, 2], BOTH, []],
  ['simpleRNN', () => layers.simpleRNN({ ...named, units: 3, goBackwards: true }), [4, 2], BOTH, []],
  [
    'stacked cells',
    () => layers.rnn({ ...named, cell: cells() } as never),
    [4, 2],
    [0, 1, 2].flatMap((i) => [`l/RNNCell_${i}/kernel`, `l/RNNCell_${i}/recurrent_kernel`]),
    [],
  ],
  ['convLstm2d', () => layers.convLstm2d(window), [3, 4, 4, 2], BOTH, []],
  ['timeDistributed(dense)', () => each(layers.dense({ units: 3 })), [4, 2], KERNEL, []],
  [
    'timeDistributed(separable)',
    () => each(layers.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2 })),
    [2, 3, 3, 2],
    ['l/depthwise_kernel', 'l/pointwise_kernel'],
    [],
  ],
  ['timeDistributed(model)', () => each(tower()), [4, 2], ['up/kernel', 'down/kernel'], []],
  [
    'bidirectional',
    () =>
      layers.bidirectional({
        ...named,
        layer: layers.lstm({ name: 'r', units: 2 }) as never,
        mergeMode: 'concat',
      }),
    [4, 2],
    ['forward_r', 'backward_r'].flatMap((side) => [`l/${side}/kernel`, `l/${side}/recurrent_kernel`]),
    [],
  ],
  ['a nested model', () => tower(), [2], ['up/kernel', 'down/kernel'], ['up', 'down']],
];

describe.each(CASES)('%s', (_, make, shape, weights, inputs) => {
  const modelOf = (): tf.LayersModel => {
    const input = tf.input({ batchShape: [2, ...shape] });
    return tf.model({ inputs: input, outputs: make().apply(input) as tf.SymbolicTensor });
  };
  const example = () => tf.randomUniform([2, ...shape], 0, 4, 'float32', 1).floor();

  test('has codes of all its weights that are no biases, and ranges of its inputs where it stands in the graph', async () => {
    const model = modelOf();
    const prepared = prepare(model, staticInt8());
    expect([...prepared.weights.keys()]).toEqual(weights);
    expect([...prepared.inputs.keys()]).toEqual(inputs);
    const inside = prepared.skipped.map(({ path, why }) => `${path}: ${why}`);
    expect(inside.filter((told) => !told.endsWith('/input: it is inside of a layer that holds it'))).toEqual(
      [],
    );
    if (needsCalibration(prepared)) await calibrate(prepared, [[example()]], { eager: true });
    const before = tf.tidy(() => [...(model.predict(example()) as tf.Tensor).dataSync()]);
    const { model: converted } = convert(prepared);
    expect([...(converted.predict(example()) as tf.Tensor).dataSync()]).toEqual(before);
    prepared.detach();
  });

  test.each([
    ['per channel', weightOnly()],
    ['with one scale', weightOnly(int8(perTensor()))],
  ])('its file holds the codes %s, once, in as many bytes as are reported', (__, scheme) => {
    const compressed = convert(prepare(modelOf(), scheme));
    const { initializer } = graphOf(onnxBytes(compressed));
    const bytesOf = (name: string) => {
      const found = initializer.filter((tensor) => tensor.name === name);
      return found.map(({ rawData }) => rawData!.length);
    };
    const rows = new Map(report(compressed).rows.map((row) => [row.path, row]));
    for (const { path, variable } of weightsOf(compressed.model)) {
      if (!weights.includes(path)) continue;
      const [codes, scales] = [bytesOf(`${path}/codes`), bytesOf(`${path}/scales`)];
      expect([path, codes, bytesOf(path)]).toEqual([path, [sizeOf(variable.shape)], []]);
      expect(scales.length).toBe(1);
      expect(rows.get(path)).toMatchObject({ storedBits: 8, bytes: codes[0]! + scales[0]! });
    }
  });
});

describe('what has no codes', () => {
  class Mixing extends tf.layers.Layer {
    static readonly className = 'Mixing';
    private matrix!: tf.LayerVariable;
    override build([, width]: tf.Shape): void {
      this.matrix = this.addWeight('matrix', [width!, width!], 'float32', tf.initializers.ones());
      super.build([null, width!]);
    }
    override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.matMul([x].flat()[0]!, this.matrix.read());
    }
  }
  tf.serialization.registerClass(Mixing);
  const mixing = (...after: tf.layers.Layer[]) =>
    tf.sequential({ layers: [new Mixing({ name: 'own', inputShape: [3] } as object), ...after] });
  const why = 'Mixing does not say what this weight is to it';

  test('a layer that nobody describes is told, stays in floats, and the rest is scored', async () => {
    const xs = tf.randomNormal([4, 3], 0, 1, 'float32', 1);
    const prepared = prepare(mixing(layers.dense({ units: 2, name: 'head' })), staticInt8());
    expect(prepared.skipped).toEqual([{ path: 'own/matrix', why }]);
    await calibrate(prepared, [[xs]]);
    const compressed = convert(prepared);
    const { rows, skipped } = report(compressed);
    expect(rows.map(({ path, storedBits, bytes }) => [path, storedBits, bytes])).toEqual([
      ['own/matrix', 32, 36],
      ['head/kernel', 8, 6 + 8],
      ['head/bias', 32, 8],
    ]);
    expect(skipped).toEqual(prepared.skipped);
    const dev = whittle.fromTensors(xs, tf.zeros([4, 2]), { batchSize: 2, shuffle: false });
    const { loss } = await whittle.evaluate(compressed, dev, { loss: whittle.meanSquaredError });
    expect(loss).toBeGreaterThan(0);
    prepared.detach();
  });

  test('a model of nothing else is refused', () => {
    expect(() => prepare(mixing(), staticInt8())).toThrow(`found nothing (own/matrix: ${why})`);
  });

  test('a kernel of no values is told', () => {
    const model = tf.sequential({
      layers: [
        layers.dense({ units: 2, inputShape: [0], name: 'empty', kernelInitializer: 'zeros' }),
        layers.dense({ units: 2 }),
      ],
    });
    const prepared = prepare(model, weightOnly());
    expect(prepared.skipped).toContainEqual({ path: 'empty/kernel', why: 'it has no values' });
    expect(convert(prepared).weights.size).toBe(1);
    prepared.detach();
  });

  test('a model of two outputs is prepared and converted, but no file holds it', async () => {
    const input = tf.input({ shape: [3] });
    const outputs = [2, 3].map((units) => layers.dense({ units }).apply(input) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs, name: 'two' });
    const prepared = prepare(model, weightOnly());
    const compressed = convert(prepared);
    expect(report(compressed).rows.filter(({ storedBits }) => storedBits === 8).length).toBe(2);
    const expected =
      'Expected a model of one output, got "two" with 2; make one of each (tf.model), or join them';
    expect(() => whittle.exportOnnx(compressed, 'two.onnx')).toThrow(expected);
    await expect(whittle.inferenceOf(compressed)).rejects.toThrow(expected);
    prepared.detach();
    const ranged = prepare(model, staticInt8());
    await expect(calibrate(ranged, [[tf.zeros([1, 3])]])).rejects.toThrow(expected);
    ranged.detach();
  });

  test('a batch of no examples is refused where ranges are looked for, and answered where there are some', async () => {
    const prepared = prepare(
      tf.sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] }),
      staticInt8(),
    );
    const none = [[tf.zeros([0, 3])]];
    await expect(calibrate(prepared, none)).rejects.toThrow('got one of shape [0, 3]; leave it out');
    await calibrate(prepared, [[tf.ones([1, 3])]]);
    const answers = await whittle.inferenceOf(convert(prepared));
    const { shape } = await answers.predict([hostTensor(new Float32Array(0), [0, 3])]);
    expect(shape).toEqual([0, 2]);
    await answers.dispose();
    prepared.detach();
  });
});
