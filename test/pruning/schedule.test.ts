import {
  constantSparsity,
  cubicDecay,
  linearDecay,
  oneShot,
  polynomialDecay,
  Schedule,
} from '../../lib/pruning/schedule';
import { cosineDecay } from '../../lib/pruning/schedules/cosine-decay';
import { exponentialDecay } from '../../lib/pruning/schedules/exponential-decay';
import reference from '../reference/pruning.json';

const steps = (n: number) => Array.from({ length: n }, (_, step) => step);
const updates = (schedule: Schedule, n: number) => steps(n).filter((step) => schedule.shouldUpdate(step));

describe.each(reference.curves)('$name', ({ options, points }) => {
  test.each(points)('at step %d it is %d', (step, sparsity) => {
    expect(cubicDecay(options)(step!)).toBeCloseTo(sparsity!, 4);
  });
});

test.each(reference.jaxPrunerCurve)('at step %d JaxPruner is a step ahead, at %d', (step, sparsity) => {
  expect(cubicDecay({ finalSparsity: 0.9, endStep: 100 })(step! + 1)).toBeCloseTo(sparsity!, 6);
});

test.each(reference.nncfExponential)('at step %d NNCF, too, is at %d', (step, sparsity) => {
  const schedule = exponentialDecay({ initialSparsity: 0.2, finalSparsity: 0.8, endStep: 10 });
  expect(schedule(step!)).toBeCloseTo(sparsity!, 6);
});

describe.each(Object.entries({ cubicDecay, linearDecay, exponentialDecay, cosineDecay }))('%s', (_, make) => {
  test('has the initial sparsity before, the final one from its end on, and grows in between', () => {
    const schedule = make({
      initialSparsity: 0.25,
      finalSparsity: 0.75,
      beginStep: 2,
      endStep: 9,
      frequency: 3,
    });
    const curve = steps(12).map(schedule);
    expect([...curve.slice(0, 3), ...curve.slice(9)]).toEqual([0.25, 0.25, 0.25, 0.75, 0.75, 0.75]);
    expect(curve.slice(3, 10).every((sparsity, i) => sparsity > curve[i + 2]!)).toBe(true);
    expect(updates(schedule, 12)).toEqual([2, 5, 8, 9]);
  });

  test('is a step function of no length, the same curve in fractions of a run, and nothing from 0 to 0', () => {
    expect(steps(3).map(make({ finalSparsity: 0.9, beginStep: 1, endStep: 1 }))).toEqual([0, 0.9, 0.9]);
    const relative = make({ finalSparsity: 0.8, begin: 0.1, end: 0.7 }).over(200);
    expect(steps(201).map(relative)).toEqual(
      steps(201).map(make({ finalSparsity: 0.8, beginStep: 20, endStep: 140 })),
    );
    expect(steps(4).map(make({ finalSparsity: 0, endStep: 3 }))).toEqual([0, 0, 0, 0]);
  });

  test('refuses what the others refuse', () => {
    expect(() => make({ finalSparsity: 80, endStep: 1 })).toThrow('for 80 percent write 0.8');
    expect(() => make({ initialSparsity: 0.6, finalSparsity: 0.5, endStep: 1 })).toThrow('(0.6), got 0.5');
  });
});

describe('curves', () => {
  test('exponential takes the same share of what is left, cosine is slow at both ends', () => {
    expect(steps(5).map(exponentialDecay({ finalSparsity: 0.9375, endStep: 4 }))).toEqual([
      0, 0.5, 0.75, 0.875, 0.9375,
    ]);
    const cosine = steps(5).map(cosineDecay({ finalSparsity: 0.8, endStep: 4 }));
    [0, 0.4 * (1 - Math.SQRT1_2), 0.4, 0.4 * (1 + Math.SQRT1_2), 0.8].forEach((sparsity, i) =>
      expect(cosine[i]).toBeCloseTo(sparsity, 12),
    );
  });

  test('before, during, after and at the edges', () => {
    const schedule = polynomialDecay({
      initialSparsity: 0.25,
      finalSparsity: 0.75,
      beginStep: 2,
      endStep: 6,
      power: 2,
    });
    const during = (p: number) => 0.75 - 0.5 * (1 - p) ** 2;
    expect(steps(9).map(schedule)).toEqual([
      ...[0.25, 0.25],
      ...[during(0), during(0.25), during(0.5), during(0.75)],
      ...[0.75, 0.75, 0.75],
    ]);
  });

  test('linear takes equal steps', () => {
    expect(steps(5).map(linearDecay({ finalSparsity: 0.5, endStep: 4 }))).toEqual([
      0, 0.125, 0.25, 0.375, 0.5,
    ]);
  });

  test('constant and one shot', () => {
    expect(steps(4).map(constantSparsity({ finalSparsity: 0.5, beginStep: 2, endStep: 3 }))).toEqual([
      0, 0, 0.5, 0.5,
    ]);
    expect(steps(4).map(oneShot({ finalSparsity: 0.5, beginStep: 2 }))).toEqual([0, 0, 0.5, 0.5]);
  });

  test('begin equal to end is a step function', () => {
    const schedule = cubicDecay({ initialSparsity: 0.1, finalSparsity: 0.9, beginStep: 3, endStep: 3 });
    expect(steps(5).map(schedule)).toEqual([0.1, 0.1, 0.1, 0.9, 0.9]);
    expect(updates(schedule, 10)).toEqual([3]);
  });
});

describe('cadence', () => {
  test('every `frequency` steps from beginStep, and at endStep even if the frequency does not divide the range', () => {
    const schedule = cubicDecay({ finalSparsity: 0.9, beginStep: 2, endStep: 10, frequency: 3 });
    expect(updates(schedule, 20)).toEqual([2, 5, 8, 10]);
    expect(schedule(10)).toBe(0.9);
  });

  test('reaches the final sparsity where tfmot stops short of it', () => {
    const schedule = cubicDecay({ finalSparsity: 0.9, endStep: 1000, frequency: 300 });
    expect(updates(schedule, 1200)).toEqual([0, 300, 600, 900, 1000]);
  });

  test('one shot updates once, constant sparsity until its end', () => {
    expect(updates(oneShot({ finalSparsity: 0.5, beginStep: 2 }), 9)).toEqual([2]);
    expect(updates(constantSparsity({ finalSparsity: 0.5, endStep: 5, frequency: 2 }), 9)).toEqual([
      0, 2, 4, 5,
    ]);
  });
});

describe('fractions of the run', () => {
  test('are the steps that they come to, and the same curve', () => {
    const relative = cubicDecay({ finalSparsity: 0.8, begin: 0.1, end: 0.7, frequency: 10 });
    const inSteps = cubicDecay({ finalSparsity: 0.8, beginStep: 20, endStep: 140, frequency: 10 });
    const resolved = relative.over(200);
    expect([resolved.beginStep, resolved.endStep]).toEqual([20, 140]);
    expect(steps(201).map(resolved)).toEqual(steps(201).map(inSteps));
    expect(updates(resolved, 201)).toEqual(updates(inSteps, 201));
    expect(updates(relative.over(20), 21)).toEqual([2, 12, 14]);
  });

  test('from 0, the default, to 1; and of runs of no length', () => {
    const whole = linearDecay({ finalSparsity: 0.5, end: 1, frequency: 2 });
    expect(steps(5).map(whole.over(4))).toEqual([0, 0.125, 0.25, 0.375, 0.5]);
    expect(updates(whole.over(4), 9)).toEqual([0, 2, 4]);
    expect(updates(whole.over(0), 9)).toEqual([0]);
  });

  test('begin at the initial sparsity exactly', () => {
    const schedule = exponentialDecay({ initialSparsity: 0.2, finalSparsity: 0.5, beginStep: 1, endStep: 3 });
    expect(
      steps(4)
        .map(schedule)
        .filter((_, i) => i !== 2),
    ).toEqual([0.2, 0.2, 0.5]);
  });

  test('of every schedule', () => {
    expect(updates(oneShot({ finalSparsity: 0.5, begin: 0.5 }).over(9), 9)).toEqual([5]);
    const constant = constantSparsity({ finalSparsity: 0.5, begin: 0.5, end: 1 }).over(4);
    expect(steps(5).map(constant)).toEqual([0, 0, 0.5, 0.5, 0.5]);
    expect(polynomialDecay({ finalSparsity: 0.5, end: 1, power: 2 }).over(2)(1)).toBe(0.375);
  });

  test.each([
    [
      { finalSparsity: 0.5, end: 1.1 },
      'end as a fraction of the run, from 0 to 1, got 1.1; for a step write endStep',
    ],
    [{ finalSparsity: 0.5, begin: -0.1, end: 1 }, 'begin as a fraction of the run, from 0 to 1, got -0.1'],
    [{ finalSparsity: 0.5, begin: 0.1, end: NaN }, 'end as a fraction of the run, from 0 to 1, got NaN'],
    [{ finalSparsity: 0.5, begin: 0.1 }, 'end as a fraction of the run, from 0 to 1, got undefined'],
    [{ finalSparsity: 0.5, begin: 0.6, end: 0.5 }, 'an end of at least begin (0.6), got 0.5'],
    [{ finalSparsity: 0.5, begin: 0.1, endStep: 100 }, 'got endStep and begin; choose one'],
    [
      { finalSparsity: 0.5, beginStep: 0, endStep: 9, end: 1 },
      'got beginStep and endStep and end; choose one',
    ],
  ])('%o', (options, message) => {
    expect(() => polynomialDecay(options as never)).toThrow(message);
  });

  test('not both of one shot', () => {
    expect(() => oneShot({ finalSparsity: 0.5, begin: 0.5, beginStep: 3 } as never)).toThrow('choose one');
  });
});

describe('errors', () => {
  const good = { finalSparsity: 0.5, endStep: 10 };
  test.each([
    [{ ...good, finalSparsity: 1 }, 'below 1, got 1'],
    [{ ...good, finalSparsity: 80 }, 'for 80 percent write 0.8'],
    [{ ...good, initialSparsity: -0.1 }, 'initialSparsity as a fraction'],
    [{ ...good, initialSparsity: 0.6 }, 'at least initialSparsity (0.6), got 0.5'],
    [{ ...good, beginStep: 11 }, 'endStep of at least beginStep (11), got 10'],
    [{ ...good, beginStep: -1 }, 'beginStep as a whole number of at least 0, got -1'],
    [{ ...good, endStep: NaN }, 'endStep as a whole number of at least 0, got NaN'],
    [{ ...good, frequency: 0 }, 'frequency as a whole number of at least 1, got 0'],
    [{ ...good, power: 0 }, 'power above 0, got 0'],
    [{ ...good, power: Infinity }, 'power above 0, got Infinity'],
  ])('%o', (options, message) => {
    expect(() => polynomialDecay(options)).toThrow(message);
  });
});
