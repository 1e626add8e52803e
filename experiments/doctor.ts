import * as os from 'node:os';
import { Option } from 'commander';
import { describeIntegerPath, integerPath } from '../lib/compile/probe';
import { EnginePlace, tried, tryEngine } from './doctor-probe';
import { environment } from './environment';
import { main } from './main';
import { plainCommand } from './options';
import { formatTable } from './table';

/** All that the scripts know, the default first. */
const PLACES: readonly EnginePlace[] = [
  { engine: 'compiled', backend: 'cpu' },
  { engine: 'compiled', backend: 'webgpu' },
  { engine: 'compiled', backend: 'cuda' },
  { engine: 'eager', backend: 'wasm' },
  { engine: 'eager', backend: 'cpu' },
  { engine: 'eager', backend: 'tensorflow' },
];

/** In bytes: fine-tuning MiniLM on texts of up to 128 tokens takes up to 6.3 GB. */
const ENOUGH = 7e9;

/** Says what this machine can compute with, and what to do about what it cannot. */
async function doctor(argv: readonly string[]): Promise<void> {
  const options = plainCommand(
    'doctor',
    'Says what this machine computes with, and what to do about what does not work.',
  )
    .addOption(new Option('--try <engine and backend...>').hideHelp())
    .parse(argv, { from: 'user' })
    .opts<{ try?: [EnginePlace['engine'], string] }>();
  if (options.try) {
    const [engine, backend] = options.try;
    return tryEngine({ engine, backend });
  }
  print(formatTable({ columns: ['', ''], rows: await machine() }));
  print('');
  for (const place of PLACES) {
    const trouble = await tried(__filename, place); // one by one: each takes what cores there are
    const name = `--engine ${place.engine} --backend ${place.backend}`.padEnd(38);
    print(`${name}  ${trouble === undefined ? 'works' : `does not work: ${trouble}`}`);
  }
}

const print = (text: string) => process.stdout.write(`${text}\n`);

async function machine(): Promise<string[][]> {
  const threads = os.availableParallelism();
  const { versions, processor, platform, revision } = environment(threads);
  const cores = os.cpus().length;
  return [
    ...Object.entries(versions),
    ['revision', revision],
    ['platform', platform],
    ['processor', processor],
    ['threads', `${threads}${threads < cores ? `, of ${cores} cores: this process may use no more` : ''}`],
    ['integers', describeIntegerPath(await integerPath())],
    ['memory', memory()],
  ];
}

function memory(): string {
  const limit = process.constrainedMemory() || Infinity;
  const total = Math.min(os.totalmem(), limit);
  const remedy =
    total < ENOUGH ? '; where a training takes more, a smaller --batch-size or --max-length takes less' : '';
  return `${(os.freemem() / 1e9).toFixed(1)} GB free of ${(total / 1e9).toFixed(1)}${remedy}`;
}

void main(doctor);
