import { axisOf, evaluate, fit, isFixed, probeFrom, sameSize } from '../../../lib/export/onnx/sizes';

const probe = probeFrom([5, 7]);

/** The size that a formula of two axes has at every point. */
const sizeOf = (formula: (a: number, b: number) => number) =>
  fit(
    probe,
    probe.points.map(([a, b]) => formula(a!, b!)),
  );

test('the points are all neighbours, and one far from them', () => {
  expect(probe.points).toEqual([
    [5, 7],
    [6, 7],
    [5, 8],
    [6, 8],
    [10, 14],
  ]);
  expect(probeFrom([]).points).toEqual([[], []]);
});

test.each([
  [() => 4, [4, 0, 0, 0]],
  [(a: number) => a, [0, 1, 0, 0]],
  [(_: number, b: number) => 3 * b - 1, [-1, 0, 3, 0]],
  [(a: number, b: number) => 2 * a * b + a + 6, [6, 1, 0, 2]],
])('sums of products are found: %s', (formula, coefficients) => {
  const size = sizeOf(formula)!;
  expect(size.map((coefficient) => coefficient + 0)).toEqual(coefficients);
  expect(evaluate(size, [11, 3])).toBe(formula(11, 3));
});

test.each([
  ['a square', (a: number) => a * a],
  ['a half, rounded down', (a: number) => Math.floor(a / 2)],
  ['a large part, rounded down', (a: number) => Math.floor(a / 5)],
  ['a limit', (_: number, b: number) => Math.min(b, 9)],
])('%s is none', (_, formula) => {
  expect(sizeOf(formula)).toBeUndefined();
});

test('what a size is', () => {
  expect([isFixed([4, 0, 0, 0]), isFixed([4, 0, 0, 1])]).toEqual([true, false]);
  expect([sameSize([1, 2], [1, 2]), sameSize([1, 2], [1, 3])]).toEqual([true, false]);
  expect([axisOf([0, 1, 0, 0]), axisOf([0, 0, 1, 0])]).toEqual([0, 1]);
  expect([axisOf([0, 0, 0, 1]), axisOf([1, 0, 0, 0]), axisOf([1, 1, 0, 0]), axisOf([0, 2])]).toEqual(
    new Array(4).fill(undefined),
  );
});
