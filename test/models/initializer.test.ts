import { truncatedNormal } from '../../lib/models/initializer';

const draw = (path: string, seed = 1, n = 20_000) => [
  ...truncatedNormal({ stddev: 0.5, seed, path }).apply([n]).dataSync(),
];

describe('truncatedNormal', () => {
  it('is normal, cut at two standard deviations', () => {
    const values = draw('a');
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1);
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    // Quantiles of the cut normal distribution, in its standard deviations: Φ⁻¹(0.02275 + 0.9545 p).
    const sorted = values.sort((a, b) => a - b);
    for (const [p, quantile] of [
      [0.1, -1.184],
      [0.25, -0.6391],
      [0.75, 0.6391],
      [0.9, 1.184],
    ] as const) {
      expect(Math.abs(sorted[p * values.length]! / 0.5 - quantile)).toBeLessThan(0.06);
    }
  });

  it('depends on seed and path alone', () => {
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a', 0)).toEqual(draw('a', 0));
    expect(draw('a')).not.toEqual(draw('b'));
    expect(draw('a')).not.toEqual(draw('a', 2));
  });
});
