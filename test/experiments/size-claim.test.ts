import { describeClaim } from '../../experiments/size-claim';
import type { Outcome } from '../../trainers/recipes/setup';

const outcome = (method: string, fileBytes: number, gzippedBytes: number, milliseconds: number) =>
  ({
    method,
    footprint: { fileBytes, gzippedBytes, residentBytes: 1, milliseconds, referenceMilliseconds: 12 },
  }) as Outcome;

it('puts what was measured beside the product', () => {
  const outcomes = [outcome('dense', 90e6, 80e6, 12), outcome('joint', 23e6, 10e6, 8)];
  expect(describeClaim(outcomes, 'joint', { sparsity: 0.9, bits: 8 })).toBe(
    'The usual claim: 10 × (90.0% zeros) · 4 × (8 bits) = 40 × smaller. ' +
      'Measured, joint: 3.91 × in the file, 8 × after gzip, 1.5 × as fast.',
  );
});
