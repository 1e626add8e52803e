import { growOnly } from '../../lib/pruning/mask-rule';

it('holds what is pruned, whatever its score, and leaves every bit of the others', () => {
  const scores = Float32Array.of(1, -0, NaN, 1e-45, Infinity, -2, -0, NaN);
  const held = growOnly(scores, Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0));
  expect([...held]).toEqual([1, -0, NaN, Math.fround(1e-45), -Infinity, -Infinity, -Infinity, -Infinity]);
});
