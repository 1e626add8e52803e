import { positionAfter, stepsPerEpoch } from '../../trainers/position';

const positions = (batchesPerEpoch: number, accumulation: number, steps: number) =>
  Array.from({ length: steps }, (_, step) => positionAfter(step, { batchesPerEpoch, accumulation }));

it('counts batches and epochs', () => {
  expect(positions(2, 1, 4)).toEqual([
    { epoch: 0, cursor: 0, tick: 0 },
    { epoch: 0, cursor: 1, tick: 1 },
    { epoch: 1, cursor: 0, tick: 2 },
    { epoch: 1, cursor: 1, tick: 3 },
  ]);
});

it('gives the last step of an epoch what accumulation leaves', () => {
  expect(stepsPerEpoch({ batchesPerEpoch: 5, accumulation: 2 })).toBe(3);
  expect(positions(5, 2, 5).map(({ epoch, cursor, tick }) => [epoch, cursor, tick])).toEqual([
    [0, 0, 0],
    [0, 2, 2],
    [0, 4, 4],
    [1, 0, 5],
    [1, 2, 7],
  ]);
});
