import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readOptions } from '../../experiments/options';
import { experimentResult } from '../../experiments/result';
import { openRun } from '../../experiments/run-folder';
import { UserError } from '../../lib/core/errors';

const defaults = { epochs: 8, batchSize: 32, learningRate: 1e-3, maxLength: 16 };
const script = { name: 'example', summary: '', defaults: { toy: defaults, glue: defaults, quick: {} } };

let folder: string;
beforeEach(() => (folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-run-')), 'run')));
afterEach(() => fs.rmSync(path.dirname(folder), { recursive: true }));

/** Opens the run as a process does that ends soon. */
function open(...argv: string[]) {
  const run = openRun('example', readOptions(script, ['--out', folder, ...argv]));
  run.close();
  return run;
}
/** What a finished run left. */
const RESULT = JSON.stringify(experimentResult({ task: 'toy', metric: 'accuracy', majority: 0.5, rows: [] }));
const write = (name: string, text = RESULT) => {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
};
const names = () => fs.readdirSync(folder).sort();

test.each([
  ['cut', '{ "task": "toy", "ro', 'JSON'],
  ['empty', '{}', 'what it says under task is not what a run writes'],
  ['of other rows', RESULT.replace('"rows":[]', '"rows":[{"method":"dense"}]'), 'under rows'],
])('a result that is damaged, %s, is told of, and the run goes on to make it again', (_, text, problem) => {
  open();
  write('result.json', text);
  const { state, notices } = open();
  expect(state).toBe('unfinished');
  expect(notices).toEqual([expect.stringContaining(problem)]);
  expect(notices[0]).toMatch(
    /^Expected a result at \S+result\.json, but it is damaged: .* It is made again of what the trainings left\.$/,
  );
  write('result.json');
  expect(open()).toMatchObject({ state: 'finished', notices: [] });
});

test.each([
  ['options', { options: { seed: null } }],
  ['environment', { environment: { versions: {} } }],
  ['resumedIn', { resumedIn: [1] }],
  ['grownFrom', { grownFrom: { levels: 2 } }],
])("a run's config that is damaged in %s is refused, and nothing is removed", (field, change) => {
  open();
  write('seed-0/a');
  const file = path.join(folder, 'config.json');
  write('config.json', JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), ...change }));
  for (const argv of [[], ['--force']]) {
    expect(() => open(...argv)).toThrow(UserError);
    expect(() => open(...argv)).toThrow(
      `config of a run, but what it says under ${field} is not what a run writes; nothing was removed`,
    );
  }
  expect(names()).toEqual(['config.json', 'seed-0']);
});
