import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { forward } from '../../lib/forward/forward';

const { adamW, constantRate, convert, fromTensors, meanSquaredError, prepare, report, staticInt8, train } =
  whittle;

beforeAll(() => tf.setBackend('cpu'));

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
    expect(parameters).toMatchObject({ bits: 7, bytes: 54 + 4 * 3 });
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
          learningRate: constantRate(0.01),
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
