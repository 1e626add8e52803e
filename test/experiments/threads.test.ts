import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { RunConfig } from '../../experiments/run-folder';
import { describeThreads } from '../../experiments/threads';
import type { Outcome } from '../../trainers/recipes/setup';
import { transpiledPackage } from '../transpiled';
import { runScript } from './run-script';

describe('threads are told of', () => {
  const said = (threads: number, asked: number, cores: number, more: object = {}) => {
    const run = { state: 'unfinished' as const, config: { environment: { threads } } as RunConfig };
    const options = { engine: 'compiled' as const, backend: 'cpu', threads: asked };
    return describeThreads({ ...run, ...more }, { ...options, ...more }, cores);
  };

  test('where others were asked for, or there are fewer cores', () => {
    expect(said(2, 1, 4)).toBe('threads 2, as this run was started: 1 may give other bits');
    expect(said(2, 2, 1)).toBe('threads 2; this process may use 1 of the cores, so it takes longer');
    expect(said(2, 1, 1)).toBe(
      'threads 2, as this run was started: 1 may give other bits; this process may use 1 of the cores, so it takes longer',
    );
  });

  test('not where all is as asked, nor of a run that is finished, nor of engines without', () => {
    expect(said(2, 2, 2)).toBeUndefined();
    expect(said(2, 1, 1, { state: 'finished' })).toBeUndefined();
    expect(said(2, 1, 1, { engine: 'eager' })).toBeUndefined();
    expect(said(2, 1, 1, { backend: 'webgpu' })).toBeUndefined();
  });
});

test('a run goes on with the threads of its start, and says so: the bits are those of a run that never stopped', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-threads-'));
  const copy = transpiledPackage();
  const at = (name: string) => path.join(folder, name);
  const options = ['--limit', '64', '--epochs', '2', '--layers', '1', '--threads'];
  const lossesIn = (name: string) => {
    const outcome = fs.readFileSync(path.join(at(name), 'seed-0', 'dense', 'outcome.json'), 'utf8');
    return (JSON.parse(outcome) as Outcome).losses;
  };
  const stop = { interruptAt: 'engine ' };
  const whole = await runScript(copy, 'finetune', [...options, '2', '--out', at('two')]);
  const stopped = await runScript(copy, 'finetune', [...options, '2', '--out', at('resumed')], stop);
  const resumed = await runScript(copy, 'finetune', [...options, '1', '--out', at('resumed')]);
  expect([whole.code, stopped.code, resumed.code]).toEqual([0, 130, 0]);
  expect(resumed.out).toContain('note    threads 2, as this run was started: 1 may give other bits');
  expect(resumed.out).toContain('compiled (onnxruntime cpu, 2 threads)');
  expect(lossesIn('resumed')).toEqual(lossesIn('two'));
  fs.rmSync(folder, { recursive: true });
}, 60_000);
