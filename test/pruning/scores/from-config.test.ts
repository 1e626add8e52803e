import {
  cubicDecay,
  distributionFrom,
  globalDistribution,
  movementPruning,
  rewiringFrom,
  rigl,
  scheduleFrom,
  scorePruningFrom,
  scoreShares,
  setEvolution,
  softMovementPruning,
  staticPruning,
  withCoolDown,
} from '../../../index';
import { overSteps } from '../../../lib/pruning/schedule';

const throughJson = (value: { config?: unknown }) => JSON.parse(JSON.stringify(value.config)) as unknown;

test.each([
  [
    'relative',
    withCoolDown(cubicDecay({ finalSparsity: 0.8, end: 0.5, frequency: 7 }), { end: 0.9, frequency: 3 }),
  ],
  ['in steps', withCoolDown(cubicDecay({ finalSparsity: 0.8, endStep: 50 }), { endStep: 90 })],
])('a schedule with a cool-down from JSON is the one it was: %s', (_, schedule) => {
  const [one, again] = [schedule, scheduleFrom(throughJson(schedule))].map((each) => overSteps(each, 100));
  for (let step = 0; step < 110; step++) {
    expect([again!(step), again!.shouldUpdate(step)]).toEqual([one!(step), one!.shouldUpdate(step)]);
  }
});

test.each([
  ['movement', movementPruning({ distribution: globalDistribution() })],
  ['soft movement', softMovementPruning({ lambda: 7, threshold: 0.2, rateFactor: 3 })],
  ['SMP', staticPruning({ head: 'frozen', distribution: scoreShares() })],
])('a way of pruning by scores, too: %s', (_, way) => {
  expect(throughJson(scorePruningFrom(throughJson(way)))).toEqual(throughJson(way));
});

test.each([
  ['RigL', rigl({ fraction: 0.2, every: 7 })],
  ['SET', setEvolution({ seed: 3, end: 0.5 })],
])('how zeros move, too: %s', (_, by) => {
  const again = rewiringFrom(throughJson(by));
  expect(throughJson(again)).toEqual(throughJson(by));
  const weight = { path: 'w', gradient: Float32Array.of(-3, 2, 0), step: 7 };
  expect(again.growth(weight)).toEqual(by.growth(weight));
});

test('the shares of scores, too', () => {
  expect(throughJson(distributionFrom({ name: 'scoreShares' }))).toEqual(throughJson(scoreShares()));
});

test.each<[() => unknown, string]>([
  [() => scorePruningFrom({ name: 'movement' }), 'nearest are movementPruning'],
  [() => scorePruningFrom({ name: 'movementPruning', options: { lambda: 1 } }), 'got "lambda"'],
  [() => rewiringFrom({ name: 'rigle' }), 'nearest are rigl'],
  [() => rewiringFrom({ name: 'setEvolution', options: { seed: 1, evry: 2 } }), 'nearest are every'],
])('mistakes are told: %s', (make, message) => {
  expect(make).toThrow(message);
});
