import * as tf from '@tensorflow/tfjs';
import { lateScale } from '../../../../lib/export/onnx/passes/late-scale';
import { scopeEachTest } from '../../../scope';
import { after, graphOf, operatorsOf, run } from './run-graph';

scopeEachTest();

test.each<[string, (x: tf.Tensor) => tf.Tensor, string[]]>([
  [
    'a factor stands after a reshape and a transpose',
    (x) => x.mul(0.3).reshape([2, 3, 2, 2]).transpose([0, 2, 1, 3]),
    ['Reshape', 'Transpose', 'Mul'],
  ],
  [
    'one per column stays in front',
    (x) => x.mul(tf.tensor1d([1, 2, 3, 4])).transpose(),
    ['Mul', 'Transpose'],
  ],
  ['so does one that is computed', (x) => x.mul(x.sum()).transpose(), ['ReduceSum', 'Mul', 'Transpose']],
])('%s', async (_, fn, operators) => {
  const x = tf.randomNormal([2, 3, 4], 0, 1, 'float32', 1);
  const before = graphOf((y) => fn(y!), x.shape);
  const rewritten = after(before, lateScale);
  expect(operatorsOf(rewritten)).toEqual(operators);
  expect(await run(rewritten, x)).toEqual(await run(before, x));
});
