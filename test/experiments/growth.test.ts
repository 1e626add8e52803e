import * as fs from 'node:fs';
import * as path from 'node:path';
import { readResult } from '../../experiments/result';
import { scriptFolder } from './script-folder';

const MINUTE = 60_000;

const { at, run } = scriptFolder('growth');

const SMALL = ['--limit', '64', '--epochs', '1', '--layers', '1', '--threads', '1', '--prune', '0.4'];
const resultIn = (name: string) => {
  const result = readResult(path.join(at(name), 'result.json'));
  return { ...result, rows: result.rows.map((row) => ({ ...row, seconds: 0 })) };
};

test(
  'a finished run of fewer levels and seeds is given more, and ends as one that had them from the start, its models too',
  async () => {
    const given = (levels: number, seeds: number) => [
      ...SMALL,
      ...['--levels', `${levels}`],
      ...['--seeds', `${seeds}`],
    ];
    const grown = ['--out', at('grown')];
    expect(await run('lth-bert', [...given(1, 1), ...grown])).toMatchObject({ code: 0 });
    expect(await run('lth-bert', [...given(1, 2), ...grown])).toMatchObject({ code: 0 });
    const more = await run('lth-bert', [...given(3, 2), ...grown], { interruptAt: '4/' });
    expect(more).toMatchObject({
      code: 130,
      out: expect.stringMatching(/started before, with --levels 1 and goes on[^]*done before/),
    });
    const ended = await run('lth-bert', [...given(3, 2), ...grown]);
    expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/seed 1, ticket 1 .*done before/) });
    expect(await run('lth-bert', [...given(3, 2), '--out', at('at-once')])).toMatchObject({ code: 0 });
    expect(resultIn('grown')).toEqual(resultIn('at-once'));
    const weights = (name: string) => fs.readFileSync(path.join(at(name), 'model', 'model.safetensors'));
    expect(weights('grown').equals(weights('at-once'))).toBe(true);
    expect(fs.readFileSync(path.join(at('grown'), 'report.html'), 'utf8')).toContain('ticket');
    const less = await run('lth-bert', [...given(2, 2), ...grown]);
    expect(less).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^Expected --levels 3 or more, as .*grown has it, got 2;.*\n$/),
    });
  },
  5 * MINUTE,
);

test(
  'sparsities are added to a finished run of gradual pruning',
  async () => {
    const given = [...SMALL.slice(0, -2), '--method', 'gradual', 'movement', '--sparsity', '0.5'];
    expect(await run('gradual-pruning-bert', [...given, '--out', at('more')])).toMatchObject({ code: 0 });
    const [more, whole] = [
      await run('gradual-pruning-bert', [...given, '0.8', '--out', at('more')]),
      await run('gradual-pruning-bert', [...given, '0.8', '--out', at('both')]),
    ];
    expect([more.code, whole.code]).toEqual([0, 0]);
    expect(more.out).toMatch(/with --sparsity 0\.5 and goes on[^]*movement 1 .*done before/);
    expect(resultIn('more')).toEqual(resultIn('both'));
  },
  3 * MINUTE,
);
