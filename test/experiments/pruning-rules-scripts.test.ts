import * as fs from 'node:fs';
import * as path from 'node:path';
import { readResult } from '../../experiments/result';
import type { RunConfig } from '../../experiments/run-config';
import type { PruningTable } from '../../lib/analysis/sensitivity/pruning-sensitivity';
import { scriptFolder } from './script-folder';

const MINUTE = 60_000;

const { at, run } = scriptFolder('rules');

const SMALL = ['--limit', '64', '--epochs', '2', '--layers', '1', '--threads', '1'];

test(
  'mistakes are told in one sentence, with exit code 2, and leave no run folder',
  async () => {
    fs.writeFileSync(at('rules.json'), '[{ "match": "hidden/*", "sparsity": 0.5 }]');
    const out = ['--out', at('mistake')];
    const mistakes: [string, string[], RegExp][] = [
      [
        'gradual-pruning-bert',
        ['--rules', at('rules.json'), '--sparsity', '0.5', ...out],
        /^Option '--rules <file>' cannot be used with option '--sparsity <fraction...>'\. See --help\.\n$/,
      ],
      [
        'gradual-pruning-bert',
        ['--rules', at('rules.json'), '--method', 'movement', ...out],
        /^Expected the --method gradual alone, which reads --rules, got movement; leave --rules out, or run them apart\.\n$/,
      ],
      [
        'gradual-pruning-bert',
        ['--rules', at('rules.json'), ...out],
        /^In rule 1 of .*rules\.json: Expected the rule "hidden\/\*" to match a layer, .*\n$/,
      ],
      [
        'pruning-sensitivity-bert',
        ['--loss', '0.1', '0.10', ...out],
        /^Option '--loss <l...>' argument '0\.10' is invalid\. Expected each once, got 0\.10 twice\. See --help\.\n$/,
      ],
      [
        'pruning-sensitivity-bert',
        ['--pattern', '2:4', ...out],
        /^Expected a sparsity of at most 0\.5, which is all that the pattern can prune, got 0\.6\.\n$/,
      ],
    ];
    const ends = await Promise.all(mistakes.map(([script, options]) => run(script, options)));
    ends.forEach(({ code, out: printed, err }, i) => {
      expect({ code, printed }).toEqual({ code: 2, printed: '' });
      expect(err).toMatch(mistakes[i]![2]);
    });
    expect(fs.existsSync(at('mistake'))).toBe(false);
  },
  MINUTE,
);

test(
  'what layers lose is measured once, also after Ctrl-C, and a model is pruned by the rules that follow',
  async () => {
    const sensitivity = [...SMALL, '--sparsity', '0.5', '0.9', '--loss', '0.02', '1', '--examples', '32'];
    const stopped = await run('pruning-sensitivity-bert', [...sensitivity, '--out', at('layers')], {
      interruptAt: '1/3',
    });
    expect(stopped).toMatchObject({ code: 130, err: expect.stringContaining('Stopped by Ctrl-C') });
    const measured = await run('pruning-sensitivity-bert', [...sensitivity, '--out', at('layers')]);
    expect(measured).toMatchObject({ code: 0, out: expect.stringMatching(/1\/3 .*done before/) });
    expect(measured.out).toMatch(/^layer +50% +90%\n[^]*^encoder\/0\/ffn\/up +\S+ +\S+\n/m);
    expect(measured.out.match(/^rules-\d.*/gm)).toHaveLength(2);
    const read = (name: string) => fs.readFileSync(path.join(at('layers'), name), 'utf8');
    const table = JSON.parse(read('sensitivity.json')) as PruningTable;
    expect(table.rows.map(({ sparsity }) => sparsity)).toEqual(table.rows.map((_, i) => [0.5, 0.9][i % 2]));
    expect(JSON.parse(read('rules-1.json'))).toEqual(
      expect.arrayContaining([{ match: 'encoder/0/ffn/up', sparsity: expect.any(Number) }]),
    );
    expect(read('report.html')).toMatch(/What each layer loses by itself<[^]*<svg[^]*encoder\/0\/ffn\/up/);
    const again = await run('pruning-sensitivity-bert', [...sensitivity, '--out', at('layers')]);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('finished already') });

    const rules = path.join(at('layers'), 'rules-1.json');
    const prune = [...SMALL, '--rules', rules, '--out', at('ruled')];
    expect(await run('gradual-pruning-bert', prune)).toMatchObject({ code: 0 });
    const zeros = (name: string) =>
      readResult(path.join(at(name), 'result.json')).rows.map(({ sparsity }) => sparsity);
    expect(zeros('ruled')).toEqual([0, zeros('layers').at(-1)]);
    const config = JSON.parse(fs.readFileSync(path.join(at('ruled'), 'config.json'), 'utf8')) as RunConfig;
    expect(config.options).toMatchObject({ rules, sparsity: [], distribution: 'rules' });

    fs.writeFileSync(rules, '[{ "match": "**", "sparsity": 0.5 }]');
    const other = await run('gradual-pruning-bert', prune);
    expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/another config[^]*contents/) });
    const forced = await run('gradual-pruning-bert', [
      ...SMALL,
      '--rules',
      rules,
      '--out',
      at('layers'),
      '--force',
    ]);
    expect(forced).toMatchObject({ code: 2, err: expect.stringContaining('that no option reads') });
    expect(
      await run('pruning-sensitivity-bert', [...sensitivity, '--out', at('layers'), '--force']),
    ).toMatchObject({
      code: 0,
    });
    expect(JSON.parse(read('rules-1.json'))).not.toHaveLength(1);
  },
  3 * MINUTE,
);
