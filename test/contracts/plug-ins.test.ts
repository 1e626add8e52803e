import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { forward, forwardThrough } from '../../lib/core/forward';
import { hostTensor } from '../../lib/core/host-tensor';
import { dropout } from '../../lib/models/layers/dropout';
import { parametersOf } from '../../trainers/parameters';
import { expectNoLeak } from '../leaks';

const { adamW, constant, convert, fromTensors, int4, meanSquaredError, perGroup, prepare } = whittle;
const { report, staticInt8, train, uint8, weightOnly } = whittle;

beforeAll(() => tf.setBackend('cpu'));

/** Numbers with one far outside. */
const outlier = [...Array.from({ length: 999 }, (_, i) => i / 999), 100];

describe('an observer of one’s own', () => {
  /** The mean over batches of the value that all but a share of a batch are below; activations are at least 0. */
  function percentile(share: number): whittle.Observer {
    const state = { hi: tf.variable(tf.scalar(0), false), seen: tf.variable(tf.scalar(0), false) };
    return {
      spec: uint8(),
      observe(x) {
        const above = Math.round(share * x.size);
        const highest = tf
          .topk(x.flatten(), above + 1)
          .values.slice([above], [1])
          .reshape([]);
        state.seen.assign(state.seen.add(1));
        state.hi.assign(state.hi.add(highest.sub(state.hi).div(state.seen)) as tf.Scalar);
      },
      hasObserved: () => state.seen.dataSync()[0]! > 0,
      qparams: () => ({ scale: tf.tidy(() => state.hi.div(255)), zeroPoint: tf.scalar(0) }),
      state: () => state,
      dispose: () => tf.dispose(state),
    };
  }

  const model = () =>
    tf.sequential({
      layers: [
        dropout({ name: 'drops', rate: 0.9 }),
        tf.layers.dense({ name: 'dense', units: 1, kernelInitializer: 'ones' }),
      ].map((layer, i) => (i === 0 ? Object.assign(layer, { batchInputShape: [null, 1000] }) : layer)),
    });

  test.each([false, true])(
    'is calibrated without dropout, and leaves outliers out (eager: %s)',
    async (eager) => {
      const own = model();
      const scheme = staticInt8({ input: () => percentile(0.001) });
      const prepared = prepare(own, scheme);
      await whittle.calibrate(prepared, [[hostTensor(Float32Array.from(outlier), [1, 1000])]], { eager });
      const { observer, mode } = prepared.inputs.get('dense')!;
      expect(mode).toBe('quantize');
      const { scale } = observer.qparams();
      expect(scale.dataSync()[0]).toBeCloseTo(998 / 999 / 255, 6); // with dropout it would be ten times that, or 0
      prepared.detach();
    },
  );

  test('nothing to calibrate on is an error, and leaves the modes as they were', async () => {
    const prepared = prepare(model(), staticInt8());
    await expect(whittle.calibrate(prepared, [])).rejects.toThrow('Expected data to calibrate');
    expect(prepared.inputs.get('dense')!.mode).toBe('both');
    prepared.detach();
  });
});

describe('rules', () => {
  const bert = () =>
    whittle.bert({ vocabSize: 20, layers: 2, hiddenSize: 8, heads: 2, maxPositions: 10, labels: 3, seed: 1 });

  test('embeddings in one scheme, feed-forward networks in another, the classifier skipped; the rest is told', () => {
    const prepared = prepare(bert(), [
      { match: 'embeddings/*', use: weightOnly(int4(perGroup(1, 4))) },
      { match: 'encoder/*/ffn/**', use: weightOnly() },
      { match: 'classifier', use: 'skip' },
    ]);
    const bits = [...prepared.weights].map(([path, { spec }]) => `${path} ${spec.bits}`);
    expect(bits).toEqual([
      'embeddings/token/embeddings 4',
      'embeddings/position/embeddings 4',
      'embeddings/type/embeddings 4',
      ...[0, 1].flatMap((i) => [`encoder/${i}/ffn/up/kernel 8`, `encoder/${i}/ffn/down/kernel 8`]),
    ]);
    expect(prepared.skipped).toEqual(
      expect.arrayContaining([
        { path: 'classifier/kernel', why: 'a rule skips it' },
        { path: 'pooler/kernel', why: 'no rule matches it' },
        { path: 'encoder/0/ffn/up/input', why: 'its scheme has no input' },
      ]),
    );
    const { rows, skipped } = report(convert(prepared));
    expect(rows.filter(({ bits: stored }) => stored === 4)).toHaveLength(3);
    expect(skipped).toEqual(prepared.skipped);
    prepared.detach();
  });

  test('the last match wins', () => {
    const prepared = prepare(bert(), [
      { match: '**', use: 'skip' },
      { match: 'encoder/{0,1}/ffn/*', use: weightOnly() },
      { match: 'encoder/0/**', use: 'skip' },
    ]);
    expect([...prepared.weights.keys()]).toEqual(['encoder/1/ffn/up/kernel', 'encoder/1/ffn/down/kernel']);
    prepared.detach();
  });

  test.each<[string, unknown, string]>([
    [
      'one that matches nothing',
      [{ match: 'encoder/*/fnn/*', use: weightOnly() }],
      'the nearest are encoder/0/ffn/up',
    ],
    ['none', [], 'at least one rule, got an empty list'],
    ['no scheme', undefined, 'Expected a scheme to prepare "bert" with, got none'],
    [
      'rules that skip all',
      [{ match: '**', use: 'skip' }],
      'found nothing (embeddings/token/embeddings: a rule skips it',
    ],
    ['a scheme of nothing', {}, 'its scheme has no weight'],
  ])('refuses %s, and leaves the model as it was', (_, rules, problem) => {
    const model = bert();
    const revision = whittle.revisionOf(model);
    expect(() => prepare(model, rules as whittle.Rules)).toThrow(problem);
    expect(whittle.revisionOf(model)).toBe(revision);
    prepare(model, weightOnly()).detach(); // and it can be prepared
  });

  test('a layer that says nothing of itself is told, and the rest is quantized', () => {
    class Scale extends tf.layers.Layer {
      static className = 'ScaleOfOne';
      private factor!: tf.LayerVariable;
      override build(shape: tf.Shape): void {
        this.factor = this.addWeight('factor', [shape.at(-1)!, 2], 'float32', tf.initializers.ones());
        super.build(shape);
      }
      override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => tf.matMul(Array.isArray(x) ? x[0]! : x, this.factor.read()));
      }
      override computeOutputShape(): tf.Shape {
        return [null, 2];
      }
    }
    const model = tf.sequential({
      layers: [tf.layers.dense({ name: 'dense', units: 2, inputShape: [2] }), new Scale({ name: 'scale' })],
    });
    const prepared = prepare(model, weightOnly());
    expect([...prepared.weights.keys()]).toEqual(['dense/kernel']);
    expect(prepared.skipped).toContainEqual({
      path: 'scale/factor',
      why: 'ScaleOfOne does not say what this weight is to it',
    });
    expect(report(convert(prepared)).rows.map(({ bits }) => bits)).toEqual([8, 32, 32]);
    prepared.detach();
  });

  test('a prepare that fails half way leaves the model as it was', () => {
    const model = bert();
    const revision = whittle.revisionOf(model);
    let made = 0;
    const failing = () => {
      if (made++ === 2) throw new Error('no more observers');
      return whittle.minMax();
    };
    const variables = tf.memory().numTensors;
    expect(() => prepare(model, staticInt8({ input: failing }))).toThrow('no more observers');
    expect(whittle.revisionOf(model)).toBe(revision);
    expect(tf.memory().numTensors).toBe(variables);
    prepare(model, staticInt8()).detach();
  });

  test('one tensor has one range: query and key in two schemes are refused', () => {
    expect(() =>
      prepare(bert(), [
        { match: '**', use: staticInt8() },
        { match: 'encoder/0/attention/key', use: staticInt8() },
      ]),
    ).toThrow('Expected one scheme for encoder/0/attention/query/input and encoder/0/attention/key/input');
  });
});

describe('kernels of any rank', () => {
  const image = () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          name: 'conv',
          filters: 3,
          kernelSize: 3,
          inputShape: [8, 8, 2],
          activation: 'relu',
        }),
        tf.layers.depthwiseConv2d({ name: 'depth', kernelSize: 2, depthMultiplier: 2 }),
        tf.layers.separableConv2d({ name: 'separable', filters: 4, kernelSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ name: 'head', units: 2 }),
      ],
    });

  test('have a scale per output channel: filters, and each channel of a depthwise one', async () => {
    const model = image();
    const prepared = prepare(model, staticInt8());
    const x = tf.randomNormal([4, 8, 8, 2], 0, 1, 'float32', 1);
    await whittle.calibrate(prepared, [[x]]);
    const compressed = convert(prepared);
    const scales = Object.fromEntries(
      [...compressed.weights].map(([path, { scales: all }]) => [path, all.length]),
    );
    expect(scales).toEqual({
      'conv/kernel': 3,
      'depth/depthwise_kernel': 3 * 2,
      'separable/depthwise_kernel': 6,
      'separable/pointwise_kernel': 4,
      'head/kernel': 2,
    });
    const expected = [...forward(model, [x], false).dataSync()];
    expect([...forward(compressed.model, [x], false).dataSync()]).toEqual(expected);
    const parameters = report(compressed).rows.find(({ path }) => path === 'conv/kernel')!;
    expect(parameters).toMatchObject({ bits: 8, bytes: 54 + 4 * 3 });
    prepared.detach();
  });

  test('train through their codes, compiled as eagerly', async () => {
    const losses = async (engine: whittle.CompiledEngineOptions | undefined) => {
      const model = image();
      tf.tidy(() =>
        model.setWeights(
          model.getWeights().map(({ shape }, i) => tf.randomNormal(shape, 0, 0.3, 'float32', i + 1)),
        ),
      );
      const prepared = prepare(model, staticInt8({ integer: false }));
      const xs = tf.randomNormal([16, 8, 8, 2], 0, 1, 'float32', 1);
      const ys = tf.randomNormal([16, 2], 0, 1, 'float32', 2);
      const data = fromTensors(xs, ys, { batchSize: 8 });
      const result = await train({
        ...{
          model,
          data,
          loss: meanSquaredError,
          optimizer: adamW(),
          learningRate: constant(0.01),
          steps: 6,
        },
        engine: engine ? whittle.compiledEngine(engine) : whittle.eagerEngine({ backend: 'cpu' }),
      });
      prepared.detach();
      return result.losses;
    };
    const [eager, compiled] = [await losses(undefined), await losses({ integerPath: 'simulated' })];
    compiled.forEach((loss, i) => expect(Math.abs(loss / eager[i]! - 1)).toBeLessThan(1e-3));
  });
});

describe('masks', () => {
  test('are the model’s: prune, train again with QAT, convert: the zeros stay', async () => {
    const model = whittle.mlp({ inputSize: 6, hiddenSizes: [12], outputSize: 2, seed: 1 });
    const xs = tf.randomNormal([32, 6], 0, 1, 'float32', 1);
    const data = fromTensors(xs, xs.slice([0, 0], [32, 2]), { batchSize: 8 });
    const rest = {
      model,
      data,
      loss: meanSquaredError,
      optimizer: adamW(),
      learningRate: constant(0.01),
      steps: 8,
    };
    const schedule = whittle.oneShot({ finalSparsity: 0.5, beginStep: 4 });
    await train({ ...rest, callbacks: [whittle.pruning({ pruner: whittle.magnitudePruner({ schedule }) })] });
    const [kernel] = [...whittle.masksOf(model).values()];
    expect(kernel!.filter((keep) => keep === 0)).toHaveLength(36);

    const prepared = prepare(model, staticInt8());
    const { values } = await quantizationAware(rest, prepared);
    const compressed = convert(prepared);
    const codes = whittle.codesOf(compressed.weights.get('hidden/0/kernel')!);
    kernel!.forEach((keep, i) => keep === 0 && expect([values[i], codes[i]]).toEqual([0, 0]));
    expect(whittle.masksOf(compressed.model)).toEqual(whittle.masksOf(model));
    expect(report(compressed).targets.sparsity).toBeGreaterThanOrEqual(0.5);
    prepared.detach();
  });

  async function quantizationAware(
    rest: Omit<whittle.TrainOptions, 'callbacks'>,
    prepared: whittle.Prepared,
  ): Promise<{ values: Float32Array }> {
    await train({ ...rest, callbacks: [whittle.quantization({ prepared, freezeObserversAt: 4 })] });
    const [{ variable }] = whittle.weightsOf(prepared.model) as [whittle.Weight];
    return { values: variable.dataSync() as Float32Array };
  }
});

test('what comes out of convert gives the same bits to evaluate, an engine and its file’s reader', async () => {
  const model = whittle.mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 2 });
  const xs = tf.randomNormal([20, 4], 0, 1, 'float32', 1);
  const dev = fromTensors(xs, tf.zeros([20], 'int32'), { batchSize: 7, shuffle: false });
  const prepared = prepare(model, staticInt8());
  await whittle.calibrate(prepared, [[xs]]);
  const compressed = convert(prepared);
  const answers = await whittle.inferenceOf(compressed);
  const { data } = await answers.predict([hostTensor(xs.dataSync() as Float32Array, [20, 4])]);
  await answers.dispose();
  const seen: number[][] = [];
  const note = (predictions: whittle.HostTensor) => seen.push([...predictions.data]);
  const options = { loss: whittle.softmaxCrossEntropy, metrics: { note } };
  await whittle.evaluate(compressed, dev, options);
  const parameters = parametersOf(compressed.model);
  for (const factory of [whittle.compiledEngine(), whittle.eagerEngine({ backend: 'cpu' })]) {
    const engine = await factory(compressed, parameters, whittle.softmaxCrossEntropy);
    await whittle.evaluate(engine, dev, options);
    const batch = {
      xs: [hostTensor(new Float32Array(4), [1, 4])],
      ys: hostTensor(new Int32Array(1), [1]),
      size: 1,
    };
    await expect(engine.gradients(batch, { accumulate: false })).rejects.toThrow(
      'whose codes would not follow',
    );
    engine.dispose();
  }
  const [evaluated, compiled, eager] = seen;
  expect(evaluated).toEqual([...data]);
  expect(compiled).toEqual(evaluated);
  eager!.forEach((value, i) => expect(value).toBeCloseTo(evaluated![i]!, 5));
  parameters.dispose();
  prepared.detach();
});

test('calibration leaves nothing behind', async () => {
  const xs = tf.randomNormal([4, 4], 0, 1, 'float32', 1);
  await expectNoLeak(async () => {
    const model = whittle.mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 2 });
    const prepared = prepare(model, staticInt8());
    await whittle.calibrate(prepared, [[xs], [xs]]);
    prepared.detach();
    model.dispose();
  });
});

test('observers watch in calibration what inference computes, whatever is attached', () => {
  const model = whittle.mlp({ inputSize: 2, hiddenSizes: [], outputSize: 1, seed: 1 });
  const prepared = prepare(model, staticInt8({ input: () => whittle.minMax() }));
  prepared.setMode('observe');
  const x = tf.tensor2d([[3, -5]]);
  tf.tidy(() => void forwardThrough(model, [x], { pass: 'inference' }));
  expect(prepared.inputs.get('output')!.observer.hasObserved()).toBe(false);
  tf.tidy(() => void forwardThrough(model, [x], { pass: 'calibration' }));
  expect(prepared.inputs.get('output')!.observer.hasObserved()).toBe(true);
  prepared.detach();
});
