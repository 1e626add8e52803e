import * as fs from 'node:fs';
import { tried } from '../../experiments/doctor-probe';
import { scriptFolder } from './script-folder';

const MINUTE = 60_000;
const { at, run } = scriptFolder('doctor');

test(
  'tells what the machine is, and of every engine whether it works or what to do',
  async () => {
    const { code, out, err } = await run('doctor', []);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const fact of ['onnxruntime-node', 'processor', 'threads', 'integers +Quantized', 'memory'])
      expect(out).toMatch(new RegExp(`^${fact} +.`, 'm'));
    expect(out).toMatch(/^--engine compiled --backend cpu +works$/m);
    expect(out).toMatch(/^--engine eager --backend wasm +works$/m);
    for (const backend of ['webgpu', 'cuda'])
      expect(out).toMatch(
        new RegExp(`^--engine compiled --backend ${backend} +(works|does not work: .*--backend)`, 'm'),
      );
    expect(out).toMatch(/^--engine eager --backend tensorflow +(works|does not work: .*npm install)/m);
  },
  2 * MINUTE,
);

test(
  'a process that ends by itself, or says nothing, is an engine that does not work',
  async () => {
    const place = { engine: 'compiled', backend: 'cpu' } as const;
    const of = (name: string, text: string) => {
      fs.writeFileSync(at(name), text);
      return tried(at(name), place);
    };
    expect(await of('fine.js', '')).toBeUndefined();
    expect(await of('killed.js', "process.kill(process.pid, 'SIGKILL')")).toBe(
      'The process that tried it ended by SIGKILL.',
    );
    expect(await of('code.js', 'process.exitCode = 3')).toBe('The process that tried it ended by code 3.');
    expect(await of('said.js', "console.error('noise\\nIt is broken.'); process.exitCode = 2")).toBe(
      'It is broken.',
    );
  },
  MINUTE,
);
