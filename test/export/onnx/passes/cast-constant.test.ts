import * as tf from '@tensorflow/tfjs';
import { castConstant } from '../../../../lib/export/onnx/passes/cast-constant';
import { fakeQuantize } from '../../../../lib/quantization/fake-quantize';
import { uint8 } from '../../../../lib/quantization/spec';
import { scopeEachTest } from '../../../scope';
import { after, graphOf, operatorsOf, run } from './run-graph';

scopeEachTest();

const x = () => tf.tensor1d([-7.5, -1, 0.3, 2.5]);

const TO_INTEGER = ['Mod', 'Cast', 'Mod', 'Cast']; // as JavaScript has it

test.each<[string, (x: tf.Tensor) => tf.Tensor, string[]]>([
  [
    'a zero point is a code',
    (x) => fakeQuantize(x, { scale: tf.scalar(0.5), zeroPoint: tf.scalar(12) }, uint8(), { integer: true }),
    ['QuantizeLinear', 'DequantizeLinear'],
  ],
  [
    'a fraction is cast when the program runs',
    (x) => x.mul(tf.scalar(2.5).toInt()),
    [...TO_INTEGER, 'Cast', 'Mul'],
  ],
  ['so are several numbers', (x) => x.mul(tf.tensor1d([1, 2, 3, 4]).toInt()), [...TO_INTEGER, 'Cast', 'Mul']],
  ['and values of the program', (x) => x.sum().toInt().toFloat(), ['ReduceSum', ...TO_INTEGER, 'Cast']],
])('%s', async (_, fn, operators) => {
  const before = graphOf((y) => fn(y!), [4]);
  const rewritten = after(before, castConstant);
  expect(operatorsOf(rewritten)).toEqual(operators);
  expect(await run(rewritten, x())).toEqual(await run(before, x()));
});
