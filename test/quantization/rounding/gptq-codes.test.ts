import { codesOf, decode } from '../../../lib/quantization/decode';
import { encode } from '../../../lib/quantization/encode';
import { perAxis, perGroup, perTensor } from '../../../lib/quantization/granularity';
import { gptqCodes } from '../../../lib/quantization/rounding/gptq-codes';
import { outputPower } from '../../../lib/quantization/rounding/reconstruction';
import { codeRange, int4, QuantSpec, uint8 } from '../../../lib/quantization/spec';
import { errorOf, gramOf, problem } from './problems';

const affine = (bits: number, granularity = perAxis(1)): QuantSpec => ({ ...uint8(granularity), bits });

test('outputPower is the power of the output', () => {
  const rows = [
    [1, 2, 3],
    [0, -1, 1],
  ];
  // D = [1, 0; 0, 2; -1, 1]: X D = [-2, 7; -1, -1]
  expect(outputPower([1, 0, 0, 2, -1, 1], gramOf(rows), 2)).toBe(4 + 49 + 1 + 1);
  const { weight, gram } = problem(70, 3);
  let power = 0;
  for (let i = 0; i < 70; i++)
    for (let j = 0; j < 70; j++)
      for (let u = 0; u < 3; u++)
        power += gram[i * 70 + j]! * weight.data[i * 3 + u]! * weight.data[j * 3 + u]!;
  expect(outputPower(weight.data, gram, 3) / power).toBeCloseTo(1, 10);
});

describe('gptqCodes', () => {
  test('by hand: the second input makes up for the first', () => {
    // What the first loses, 0.4, the second makes up for by H_12 / H_22 of it: 2.35 + 0.2.
    const gram = Float64Array.of(1, 1, 0, 1, 2, 0, 0, 0, 1);
    const weight = { shape: [3, 1], data: Float32Array.of(1.4, 2.35, 7) };
    expect([...codesOf(encode(weight, int4()))]).toEqual([1, 2, 7]);
    expect([...codesOf(gptqCodes(weight, gram, int4(), { damping: 1e-9 }))]).toEqual([1, 3, 7]);
    // In the order of power the second comes first, and the first makes up for it by H_12 / H_11: 1.4 + 0.35.
    expect([...codesOf(gptqCodes(weight, gram, int4(), { damping: 1e-9, actOrder: true }))]).toEqual([
      2, 2, 7,
    ]);
  });

  const specs: [string, QuantSpec][] = [
    ['4 bits per channel', int4(perAxis(1))],
    ['4 bits per tensor', int4(perTensor())],
    ['4 bits in groups', int4(perGroup(0, 32))],
    ['4 bits in groups that do not divide the inputs', int4(perGroup(0, 48))],
    ['4 bits in groups of units', int4(perGroup(1, 4))],
    ['3 bits, affine', affine(3)],
    ['2 bits, affine, in groups', affine(2, perGroup(0, 16))],
    ['8 bits', { ...int4(perAxis(1)), bits: 8 }],
  ];
  test.each(specs)('%s: the output is nearer than that of rounding', (_, spec) => {
    const given = problem(150, 12);
    const nearest = errorOf(given, encode(given.weight, spec));
    for (const actOrder of [false, true]) {
      const rounded = gptqCodes(given.weight, given.gram, spec, { actOrder });
      expect(errorOf(given, rounded)).toBeLessThan(0.8 * nearest);
      const [lowest, highest] = codeRange(spec);
      expect(codesOf(rounded).every((code) => code >= lowest && code <= highest)).toBe(true);
    }
  });

  test('inputs that have nothing to do with each other are rounded to the nearest', () => {
    const { weight } = problem(20, 6);
    const gram = new Float64Array(400);
    for (let i = 0; i < 20; i++) gram[i * 21] = i === 7 ? 0 : 1 + i; // the seventh is always 0
    for (const spec of [int4(perAxis(1)), int4(perGroup(0, 8)), affine(3)]) {
      expect(gptqCodes(weight, gram, spec)).toEqual(encode(weight, spec));
      expect(gptqCodes(weight, gram, spec, { actOrder: true })).toEqual(encode(weight, spec));
    }
  });

  test('a weight that is 0 stays 0', () => {
    const { weight, gram } = problem(40, 8);
    const pruned = { ...weight, data: weight.data.map((value, i) => (i % 3 === 0 ? 0 : value)) };
    for (const spec of [int4(perGroup(0, 16)), affine(4)]) {
      const decoded = decode(gptqCodes(pruned, gram, spec));
      decoded.forEach((value, i) => i % 3 === 0 && expect(value).toBe(0));
      const given = { weight: pruned, gram };
      expect(errorOf(given, gptqCodes(pruned, gram, spec))).toBeLessThan(
        errorOf(given, encode(pruned, spec)),
      );
    }
  });

  test('a multiple of the Gram matrix gives the same codes, and so does the same again', () => {
    const { weight, gram } = problem(30, 5);
    const spec = int4(perAxis(1));
    const once = gptqCodes(weight, gram, spec);
    expect(
      gptqCodes(
        weight,
        gram.map((value) => value / 4),
        spec,
      ),
    ).toEqual(once);
    expect(gptqCodes(weight, gram, spec)).toEqual(once);
  });

  test('refuses inputs that are all 0 or not finite, and a damping of nothing', () => {
    const { weight, gram } = problem(4, 2);
    const spec = int4(perAxis(1));
    expect(() => gptqCodes(weight, new Float64Array(16), spec)).toThrow('not all 0');
    expect(() =>
      gptqCodes(
        weight,
        gram.map(() => NaN),
        spec,
      ),
    ).toThrow('finite');
    expect(() => gptqCodes(weight, gram, spec, { damping: 0 })).toThrow('damping above 0');
  });
});
