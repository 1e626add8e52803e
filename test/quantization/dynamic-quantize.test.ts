import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { jit } from '../../lib/compile/jit';
import { Program } from '../../lib/compile/program';
import { hostTensor } from '../../lib/core/host-tensor';
import { dynamicQuantize } from '../../lib/quantization/dynamic-quantize';
import { quantizeLayer } from '../../lib/quantization/quantize-layer';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
/** -0 is 0. */
const unsigned = (numbers: number[]): number[] => numbers.map((value) => value + 0);

describe('dynamicQuantize', () => {
  test.each([
    ['both signs', [-1, 0.4, 0.6, 254], [-1, 0, 1, 254]],
    ['above 0', [51, 0.11, 25.55], [51, 0.2, 25.6]],
    ['below 0', [-255, -0.6], [-255, -1]],
    ['all 0', [0, 0], [0, 0]],
    ['a constant', [3], [3]],
    ['too small for a scale', [1e-44], [0]],
  ])('as ONNX says: %s', (_, x, y) => {
    values(dynamicQuantize(tf.tensor1d(x))).forEach((value, i) => expect(value).toBeCloseTo(y[i]!, 5));
  });

  test('compiled to codes, gives the same bits', async () => {
    const program = jit((x: tf.Tensor) => dynamicQuantize(x, { integer: true }));
    const numbers = fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), {
      minLength: 4,
      maxLength: 4,
    });
    const extremes = [
      [0, 0, 0, 0],
      [1e-44, 0, 0, 0],
      [-3, -2, -1, -0.5],
      [1e-30, 2e-30, 0, -1e-30],
    ];
    const property = fc.asyncProperty(numbers, async (data) => {
      const x = tf.tensor1d(data);
      expect(unsigned(values(await program(x)))).toEqual(unsigned(values(dynamicQuantize(x))));
    });
    await fc.assert(property, { examples: extremes.map((each): [number[]] => [each]), numRuns: 60 });
    await program.dispose();
  });

  test('is one operator and a dequantization, and has the gradient of the identity', async () => {
    const x = hostTensor(Float32Array.of(-1, 0.4, 300, 0), [2, 2]);
    const program = await Program.compile(
      (input) => tf.grad((each) => dynamicQuantize(each, { integer: true }).square().sum())(input),
      [x],
      { integerPath: 'simulated' },
    );
    expect(new Set(program.operators.filter((op) => op.includes('Linear')))).toEqual(
      new Set(['DynamicQuantizeLinear', 'DequantizeLinear']),
    );
    const [gradient] = await program.run([x]);
    const y = values(dynamicQuantize(tf.tensor2d([-1, 0.4, 300, 0], [2, 2])));
    expect(unsigned(Array.from(gradient!.data))).toEqual(unsigned(y.map((value) => 2 * value)));
    await program.release();
  });

  test('leaves an empty tensor as it is, and leaks nothing', async () => {
    const [empty, x] = [tf.zeros([0, 3]), tf.tensor1d([1, 2])];
    await expectNoLeak(() => {
      const result = dynamicQuantize(empty);
      expect(result.shape).toEqual([0, 3]);
      tf.dispose([result, dynamicQuantize(x)]);
    });
  });

  test('is a layer that its config makes again', () => {
    const layer = quantizeLayer({ name: 'dynamic', dynamic: true });
    expect(values(layer.apply(tf.tensor2d([[-1, 254]])) as tf.Tensor)).toEqual([-1, 254]);
    const again = (
      layer.constructor as unknown as { fromConfig(c: unknown, config: object): typeof layer }
    ).fromConfig(layer.constructor, layer.getConfig());
    expect(again.getConfig()).toEqual(layer.getConfig());
  });
});
