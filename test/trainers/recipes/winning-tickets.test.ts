import { winningTickets } from '../../../trainers/recipes/winning-tickets';

const row = (method: string, level: number, accuracy: number, sparsity = level / 10) => ({
  ...{ method, level, sparsity, metrics: { accuracy } },
});
/** Mean 0.8, standard deviation 0.1. */
const DENSE = [row('dense', 0, 0.7), row('dense', 0, 0.8), row('dense', 0, 0.9)];

it('a level wins whose mean is at least the dense mean less one standard deviation over the seeds', () => {
  const rows = [
    ...DENSE,
    ...[row('ticket', 1, 0.9), row('ticket', 1, 0.8), row('shuffled', 1, 0.99)],
    ...[row('ticket', 2, 0.65), row('ticket', 2, 0.75)], // 0.7, exactly
    ...[row('ticket', 3, 0.72), row('ticket', 3, 0.67)],
    row('dense-again', 2, 0.1),
  ];
  const { dense, threshold, levels, sparsest } = winningTickets(rows, 'accuracy')!;
  expect(dense.seeds).toBe(3);
  expect(dense.mean).toBeCloseTo(0.8, 12);
  expect(dense.deviation).toBeCloseTo(0.1, 12);
  expect(threshold).toBeCloseTo(0.7, 12);
  expect(levels.map(({ level, wins }) => [level, wins])).toEqual([
    [1, true],
    [2, true],
    [3, false],
  ]);
  expect(sparsest).toEqual(levels[1]);
  expect(sparsest).toMatchObject({ level: 2, sparsity: 0.2, wins: true });
});

it('the sparsest that wins is named, also where one less sparse does not', () => {
  const rows = [...DENSE, row('ticket', 2, 0.8), row('ticket', 1, 0.1), row('ticket', 3, 0.6)];
  const { levels, sparsest } = winningTickets(rows, 'accuracy')!;
  expect(levels.map(({ level }) => level)).toEqual([1, 2, 3]);
  expect(sparsest?.level).toBe(2);
});

it('of one seed the dense score itself is to be reached', () => {
  const judge = (score: number) =>
    winningTickets([row('dense', 0, 0.8), row('ticket', 1, score)], 'accuracy')!;
  expect(judge(0.8)).toMatchObject({
    dense: { seeds: 1, deviation: 0 },
    threshold: 0.8,
    sparsest: { level: 1 },
  });
  expect(judge(0.79).sparsest).toBeUndefined();
  expect('sparsest' in JSON.parse(JSON.stringify(judge(0.79)))).toBe(false);
});

it('the same scores in another order win', () => {
  const scores = [0.1, 0.7, 0.3];
  const rows = [
    ...scores.map(() => row('dense', 0, 0.1 + 0.2)),
    ...scores.map(() => row('ticket', 1, 0.3)), // a bit less
  ];
  expect(winningTickets(rows, 'accuracy')!.sparsest).toMatchObject({ level: 1 });
});

it('a score that is no number does not win, and reaches nothing', () => {
  expect(winningTickets([...DENSE, row('ticket', 1, NaN)], 'accuracy')!.sparsest).toBeUndefined();
  expect(winningTickets([row('dense', 0, NaN), row('ticket', 1, 1)], 'accuracy')!.sparsest).toBeUndefined();
});

it('a metric that was not measured is refused', () => {
  expect(() => winningTickets([...DENSE, row('ticket', 1, 1)], 'acuracy')).toThrow(
    'Expected a metric of the tickets, one of accuracy, got "acuracy".',
  );
});

it('there is no verdict without tickets or without a dense model', () => {
  expect(winningTickets(DENSE, 'accuracy')).toBeUndefined();
  expect(winningTickets([row('ticket', 1, 1)], 'accuracy')).toBeUndefined();
});
