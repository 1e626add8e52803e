import { codesOf, decode } from '../../../lib/quantization/decode';
import { encode } from '../../../lib/quantization/encode';
import { perAxis, perGroup } from '../../../lib/quantization/granularity';
import { adaRoundCodes } from '../../../lib/quantization/rounding/ada-round-codes';
import { int4, QuantSpec, uint8 } from '../../../lib/quantization/spec';
import { scopeEachTest } from '../../scope';
import { errorOf, problem } from './problems';

scopeEachTest();

const OPTIONS = { iterations: 150 };

test.each<[string, QuantSpec]>([
  ['4 bits per channel', int4(perAxis(1))],
  ['3 bits, affine, in groups', { ...uint8(perGroup(0, 16)), bits: 3 }],
])('%s: up or down, nearer to the output, and the same again', async (_, spec) => {
  const given = problem(40, 6);
  const nearest = encode(given.weight, spec);
  const rounded = await adaRoundCodes(given.weight, given.gram, spec, OPTIONS);
  expect(errorOf(given, rounded)).toBeLessThan(errorOf(given, nearest));
  const [codes, others] = [codesOf(rounded), codesOf(nearest)];
  expect(codes.every((code, i) => Math.abs(code - others[i]!) <= 1)).toBe(true);
  expect(rounded.scales).toEqual(nearest.scales);
  expect(await adaRoundCodes(given.weight, given.gram, spec, OPTIONS)).toEqual(rounded);
});

test('a weight that is 0 stays 0', async () => {
  const { weight, gram } = problem(20, 4);
  const pruned = { ...weight, data: weight.data.map((value, i) => (i % 3 === 0 ? 0 : value)) };
  const decoded = decode(await adaRoundCodes(pruned, gram, int4(perAxis(1)), OPTIONS));
  expect([...decoded].filter((value, i) => i % 3 === 0 && value !== 0)).toEqual([]);
});

test.each([
  { iterations: 0 },
  { iterations: 1.5 },
  { learningRate: NaN },
  { regularization: -1 },
  { warmUp: 1 },
])('refuses %j', async (options) => {
  const { weight, gram } = problem(4, 2);
  await expect(adaRoundCodes(weight, gram, int4(), options)).rejects.toThrow('for AdaRound');
});
