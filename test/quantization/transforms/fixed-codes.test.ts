import * as tf from '@tensorflow/tfjs';
import { jit } from '../../../lib/compile/jit';
import { codesOf, decode } from '../../../lib/quantization/decode';
import { encode } from '../../../lib/quantization/encode';
import { encodeCodes } from '../../../lib/quantization/encode-codes';
import { perAxis, perGroup, perTensor } from '../../../lib/quantization/granularity';
import { int4, int8, QuantSpec } from '../../../lib/quantization/spec';
import { lookupQuantizer, weightQuantizer } from '../../../lib/quantization/transforms/weight-quantizer';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const weight = { shape: [3, 2], data: Float32Array.of(0.3, -1, 0.2, 0.7, -0.5, 0.1) };
const codes = [3, -7, 0, 1, -2, 5];
const specs: [string, QuantSpec][] = [
  ['4 bits', int4(perAxis(1))],
  ['4 bits in groups', int4(perGroup(0, 2))],
  ['int8 per column', int8(perAxis(1))],
  ['int8 per row', int8(perAxis(0))],
];

describe.each(specs)('codes that are fixed, %s', (_, spec) => {
  const { scales } = encode(weight, spec);
  const given = encodeCodes(weight.shape, spec, { codes, scales });
  const variable = () => tf.variable(tf.tensor(weight.data.slice(), weight.shape));

  test('are what a layer computes with, eager and compiled, in training and inference', async () => {
    const kernel = variable();
    for (const integer of [true, false]) {
      const quantizer = weightQuantizer({ spec, integer });
      quantizer.fix(given);
      expect(quantizer.fixed).toBe(given);
      const expected = [...decode(given)];
      expect(quantizer.encode(weight)).toBe(given);
      for (const pass of ['training', 'inference'] as const) {
        expect(values(quantizer.apply(kernel, pass))).toEqual(expected);
        const program = jit(() => quantizer.apply(kernel, pass).mul(1));
        expect(values(await program())).toEqual(expected);
        tf.tidy(() => kernel.assign(kernel.mul(2))); // whatever becomes of the weight
        expect(values(await program())).toEqual(expected);
        await program.dispose();
      }
    }
  });

  test('are 0 where the weight is, then or later', async () => {
    const kernel = variable();
    const quantizer = weightQuantizer({ spec });
    quantizer.fix(given);
    const program = jit(() => quantizer.apply(kernel, 'inference').mul(1));
    await program();
    kernel.assign(tf.tensor2d([0.3, 0, 0.2, 0.7, 0, 0.1], [3, 2]));
    const expected = [...decode(given)].map((value, i) => (i === 1 || i === 4 ? 0 : value));
    expect(values(quantizer.apply(kernel, 'inference'))).toEqual(expected);
    expect(values(await program())).toEqual(expected);
    const pruned = { ...weight, data: kernel.dataSync() as Float32Array };
    expect([...decode(quantizer.encode(pruned))]).toEqual(expected);
    expect([...decode(quantizer.encode(weight, Uint8Array.of(1, 0, 1, 1, 0, 1)))]).toEqual(expected);
    await program.dispose();
  });

  test('let the gradient pass', () => {
    const quantizer = weightQuantizer({ spec });
    quantizer.fix(given);
    const gradient = tf.grad((w) => quantizer.apply(w, 'training').square().sum().div(2));
    expect(values(gradient(variable()))).toEqual([...decode(given)]);
  });

  test('change the revision, and are let go', () => {
    const quantizer = weightQuantizer({ spec });
    const [before, kernel] = [quantizer.revision, variable()];
    const rounded = values(quantizer.apply(kernel, 'training'));
    quantizer.fix(given);
    const first = quantizer.revision;
    quantizer.fix({ ...given });
    expect(new Set([before, first, quantizer.revision]).size).toBe(3);
    quantizer.mode = 'off';
    expect(quantizer.apply(kernel, 'training')).toBe(kernel);
    quantizer.mode = 'both';
    quantizer.fix(undefined);
    expect(quantizer.revision).toBe(before);
    expect(values(quantizer.apply(kernel, 'training'))).toEqual(rounded);
    expect(codesOf(quantizer.encode(weight))).toEqual(codesOf(encode(weight, spec)));
  });

  test('of another spec or shape are refused', () => {
    const quantizer = weightQuantizer({ spec });
    for (const other of [int8(perTensor()), { ...spec, bits: 3 }, { ...spec, symmetric: false }]) {
      expect(() => quantizer.fix(encode(weight, other))).toThrow('the quantizer’s own spec');
    }
    expect(quantizer.fixed).toBeUndefined();
    quantizer.fix(given);
    expect(() => quantizer.apply(tf.zeros([2, 3]), 'training')).toThrow(
      'of shape [2, 3], got codes of [3, 2]',
    );
    expect(() => quantizer.encode({ shape: [6], data: weight.data })).toThrow('of shape [6]');
  });

  test('leak nothing', async () => {
    const [quantizer, kernel] = [weightQuantizer({ spec }), variable()];
    quantizer.fix(given);
    await expectNoLeak(() => quantizer.apply(kernel, 'training').dispose());
  });
});

test('rows of a table with fixed codes are looked up in those', () => {
  const spec = int8(perAxis(0));
  const { scales } = encode(weight, spec);
  const quantizer = weightQuantizer({ spec });
  const given = encodeCodes(weight.shape, spec, { codes, scales });
  quantizer.fix(given);
  const { table, rows } = lookupQuantizer(quantizer);
  const whole = table.apply(tf.tensor(weight.data, weight.shape), 'training');
  expect(values(whole)).toEqual([...decode(given)]);
  const looked = whole.gather([2, 0]);
  expect(rows.apply(looked, 'training')).toBe(looked);
});
