import { UserError } from '../../lib/core/errors';
import { expectScores, scorePhaseOf, ScoreScriptOptions } from '../../experiments/score-methods';

const defaults: ScoreScriptOptions = { method: ['gradual'], initialScores: 'magnitude' };
const common = { seed: 0, sparsity: 0.8, level: 1, begin: 0.1, end: 0.7, frequency: 10 };

test.each([
  ['zero', 0],
  ['magnitude', 'magnitude'],
] as const)('--initial-scores %s is what scores of every method begin with', (initialScores, initial) => {
  for (const name of ['movement', 'soft-movement', 'smp'] as const) {
    const { label, identity } = scorePhaseOf(name, 5e-4, { ...common, initialScores });
    expect([label.method, identity]).toMatchObject([name, { by: { options: { initial } } }]);
  }
});

test('first scores are refused where no method has scores, but for those by default', () => {
  expect(() => expectScores({ ...defaults, initialScores: 'zero' })).toThrow(UserError);
  expect(() => expectScores({ ...defaults, initialScores: 'zero' })).toThrow(
    'Expected --method movement, soft-movement or smp with --initial-scores zero, got gradual; leave',
  );
  expectScores(defaults);
  expectScores({ method: ['gradual', 'smp'], initialScores: 'zero' });
});
