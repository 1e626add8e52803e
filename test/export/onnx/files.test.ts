import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../../lib/compress/calibrate';
import { needsCalibration } from '../../../lib/compress/needs-calibration';
import { Compressed } from '../../../lib/compress/compressed';
import { convert } from '../../../lib/compress/convert';
import { prepare } from '../../../lib/compress/prepare';
import { Rules } from '../../../lib/compress/rules';
import { staticInt8, weightOnly } from '../../../lib/compress/scheme';
import { hostTensor } from '../../../lib/core/host-tensor';
import { dtypeOf } from '../../../lib/export/onnx/files';
import { mlp } from '../../../lib/models/mlp';
import { perGroup } from '../../../lib/quantization/granularity';
import { bf16, fp16, int4, int8, QuantSpec, ternary, uint8 } from '../../../lib/quantization/spec';

beforeAll(() => tf.setBackend('cpu'));

const of = (bits: number): QuantSpec => ({ ...int8(), bits });

async function compressed(rules: Rules): Promise<Compressed> {
  const prepared = prepare(mlp({ inputSize: 4, hiddenSizes: [4, 4], outputSize: 2 }), rules);
  const batch = [hostTensor(new Float32Array(8), [2, 4])];
  if (needsCalibration(prepared)) await calibrate(prepared, [batch]);
  return convert(prepared);
}

test.each<[string, string, Rules]>([
  ['8 bits, with ranges', 'q8', staticInt8()],
  ['8 bits, affine', 'q8', weightOnly(uint8())],
  ['5 to 7 bits, which are stored in 8', 'q8', weightOnly(of(5))],
  ['4 bits in groups', 'q4', weightOnly(int4(perGroup(0, 2)))],
  ['3 bits, which are stored in 4', 'q4', weightOnly(of(3))],
  ['2 bits', 'q2', weightOnly(of(2))],
  ['ternary codes', 'q2', weightOnly(ternary(perGroup(0, 2)))],
  ['16 bits', 'fp16', weightOnly(fp16())],
  ['16 bits of the other kind', 'fp16', weightOnly(bf16())],
  ['16 bits, with ranges', 'q8', { ...staticInt8(), weight: fp16() }],
  [
    '8 and 4 bits, by the narrower',
    'q4',
    [
      { match: '**', use: weightOnly() },
      { match: 'hidden/1', use: weightOnly(int4()) },
    ],
  ],
  ['8 bits and floats', 'q8', [{ match: 'hidden/1', use: weightOnly() }]],
  ['ranges alone', 'q8', { input: staticInt8().input }],
])('a model of %s is %s to transformers.js', async (_, dtype, rules) => {
  expect(dtypeOf(await compressed(rules))).toBe(dtype);
});

test('a model without codes is fp32', () => {
  const model = mlp({ inputSize: 4, hiddenSizes: [4], outputSize: 2 });
  expect(dtypeOf({ model, weights: new Map(), skipped: [] })).toBe('fp32');
});
