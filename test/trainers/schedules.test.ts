import { UserError } from '../../lib/core/errors';
import { constantRate, linearWarmup } from '../../trainers/schedules';

const curve = (rate: (step: number) => number, steps: number) =>
  Array.from({ length: steps }, (_, i) => rate(i));

it('constantRate is constant', () => {
  expect(curve(constantRate(0.5), 3)).toEqual([0.5, 0.5, 0.5]);
});

describe('linearWarmup', () => {
  it('rises, falls, ends at zero and stays there', () => {
    const rate = linearWarmup({ peak: 8, warmupSteps: 2, totalSteps: 6 });
    expect(curve(rate, 9)).toEqual([0, 4, 8, 6, 4, 2, 0, 0, 0]);
  });

  it('starts at the peak without warm-up, and can be nothing but warm-up', () => {
    expect(curve(linearWarmup({ peak: 4, warmupSteps: 0, totalSteps: 4 }), 5)).toEqual([4, 3, 2, 1, 0]);
    expect(curve(linearWarmup({ peak: 4, warmupSteps: 4, totalSteps: 4 }), 6)).toEqual([0, 1, 2, 3, 0, 0]);
  });

  it.each([
    { peak: 1, warmupSteps: 5, totalSteps: 4 },
    { peak: 1, warmupSteps: -1, totalSteps: 4 },
    { peak: 1, warmupSteps: 0, totalSteps: 0 },
    { peak: 1, warmupSteps: 0.5, totalSteps: 4 },
    { peak: NaN, warmupSteps: 0, totalSteps: 4 },
    { peak: -1, warmupSteps: 0, totalSteps: 4 },
  ])('refuses %o', (options) => {
    expect(() => linearWarmup(options)).toThrow(UserError);
  });
});

it('constantRate refuses what is no rate', () => {
  expect(() => constantRate(Infinity)).toThrow(UserError);
});
