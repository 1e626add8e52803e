import { histogramOf } from '../../lib/tensorboard/histogram';

describe('histogramOf', () => {
  it('counts in 30 equal buckets from minimum to maximum', () => {
    const { min, max, num, sum, sumSquares, bucketLimit, bucket } = histogramOf(
      Float32Array.from({ length: 61 }, (_, i) => i),
    );
    expect({ min, max, num, sum, sumSquares }).toEqual({
      min: 0,
      max: 60,
      num: 61,
      sum: 1830,
      sumSquares: 73810,
    });
    expect(bucketLimit).toEqual(Array.from({ length: 30 }, (_, i) => 2 * (i + 1)));
    expect(bucket).toEqual([...new Array<number>(29).fill(2), 3]); // the last bucket holds the maximum
  });

  it('gives the last bucket the exact maximum, whatever the width rounds to', () => {
    const { bucketLimit, bucket } = histogramOf(Float32Array.of(-0.1, 0.7, 0.3));
    expect(bucketLimit.at(-1)).toBe(Math.fround(0.7));
    expect(bucket.reduce((total, count) => total + count)).toBe(3);
    expect([bucket[0], bucket.at(-1)]).toEqual([1, 1]);
  });

  it('leaves NaN and infinities out of everything', () => {
    const dirty = histogramOf(Float32Array.of(NaN, 1, Infinity, 2, -Infinity, 4));
    expect(dirty).toEqual(histogramOf(Float32Array.of(1, 2, 4)));
    expect(dirty).toMatchObject({ min: 1, max: 4, num: 3, sum: 7, sumSquares: 21 });
  });

  it('puts equal values in one bucket', () => {
    expect(histogramOf(new Float32Array(5))).toEqual({
      ...{ min: 0, max: 0, num: 5, sum: 0, sumSquares: 0 },
      ...{ bucketLimit: [0], bucket: [5] },
    });
  });

  it('is empty without a finite value', () => {
    for (const values of [new Float32Array(0), Float32Array.of(NaN, Infinity)]) {
      expect(histogramOf(values)).toMatchObject({ num: 0, sum: 0, bucketLimit: [], bucket: [] });
    }
  });
});
