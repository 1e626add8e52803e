import { withFlags } from '../../experiments/flags';

test.each([
  ['give `textColumn` and `labelColumn`.', 'give --text-column and --label-column.'],
  ['run it once without `offline`', 'run it once without --offline'],
  ['run eagerly (`eagerEngine`).', 'run eagerly (--engine eager).'],
  ['use the `provider` cpu', 'use the --backend cpu'],
  ['a cell `A b` and ``` stay', 'a cell `A b` and ``` stay'],
])('%s', (message, expected) => {
  expect(withFlags(message)).toBe(expected);
});
