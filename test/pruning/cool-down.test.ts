import { withCoolDown } from '../../lib/pruning/cool-down';
import { cubicDecay, linearDecay, overSteps } from '../../lib/pruning/schedule';

const updates = (schedule: { shouldUpdate(step: number): boolean }, steps: number) =>
  Array.from({ length: steps + 1 }, (_, step) => step).filter((step) => schedule.shouldUpdate(step));

it('has the sparsities of its schedule, and updates up to a later end', () => {
  const ramp = linearDecay({ finalSparsity: 0.5, beginStep: 2, endStep: 6, frequency: 2 });
  const cooled = withCoolDown(ramp, { endStep: 11, frequency: 2 });
  expect(updates(cooled, 14)).toEqual([2, 4, 6, 8, 10, 11]);
  expect([cooled.beginStep, cooled.endStep]).toEqual([2, 11]);
  for (let step = 0; step < 14; step++) expect(cooled(step)).toBe(ramp(step));
  expect(updates(withCoolDown(ramp, { endStep: 6 }), 14)).toEqual([2, 4, 6]);
});

it('is in fractions of the run where its schedule or its end is', () => {
  const ramp = cubicDecay({ finalSparsity: 0.5, begin: 0.1, end: 0.5, frequency: 20 });
  const cooled = withCoolDown(ramp, { end: 1, frequency: 20 });
  expect(updates(overSteps(cooled, 100), 120)).toEqual([10, 30, 50, 70, 90, 100]);
  const mixed = withCoolDown(linearDecay({ finalSparsity: 0.5, endStep: 10, frequency: 10 }), { end: 0.3 });
  expect(updates(overSteps(mixed, 40), 60)).toEqual([0, 10, 11, 12]);
  expect(cooled.config).toEqual({
    name: 'withCoolDown',
    options: { schedule: ramp.config, frequency: 20, end: 1 },
  });
});

it('refuses an end before that of its schedule, and steps and fractions that are none', () => {
  const ramp = linearDecay({ finalSparsity: 0.5, endStep: 10 });
  expect(() => withCoolDown(ramp, { endStep: 9 })).toThrow(
    'ends at step 10, where its schedule does, or later, got 9',
  );
  expect(() => withCoolDown(ramp, { endStep: 11, frequency: 0 })).toThrow('frequency as a whole number');
  expect(() => withCoolDown(ramp, { end: 2 })).toThrow('end as a fraction of the run');
  expect(() => overSteps(withCoolDown(ramp, { end: 0.5 }), 10)).toThrow('got 5');
});
