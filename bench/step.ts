/**
 * `npm run bench`: milliseconds per training step of Whittle's compiled engine and of PyTorch (transformers), same shapes,
 * same machine, interleaved in one run, as ratios.
 */
import { existsSync, writeFileSync } from 'fs';
import { cpus } from 'os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { median } from 'simple-statistics';
import { processor } from './processor';
import { Size, SIZES, WorkerOptions } from './sizes';
import { WorkerProcess } from './worker-process';

interface BenchOptions {
  readonly sizes: string;
  readonly dropout: string;
  readonly rounds: string;
  readonly threads: string;
  readonly provider: string;
  readonly python: string;
  readonly json?: string;
}

interface Measurement {
  readonly size: Size;
  readonly dropout: number;
  readonly kind: WorkerOptions['kind'];
  /** Median over all rounds. */
  readonly milliseconds: number;
  readonly steps: number;
  readonly peakMegabytes: number;
}

/** Steps per turn: enough to settle, few enough that slow phases of the machine hit every contestant. */
const TURN: Readonly<Record<Size, number>> = { tiny: 10, mini: 4, small: 2, base: 1 };

const program = new Command('bench')
  .description('Time training steps against PyTorch on this machine, interleaved.')
  .option('--sizes <list>', 'BERT sizes', Object.keys(SIZES).join())
  .option('--dropout <list>', 'dropout rates', '0.1,0')
  .option('--rounds <n>', 'turns of each contestant', '8')
  .option('--threads <n>', 'threads of each contestant', String(Math.min(2, cpus().length)))
  .option(
    '--provider <name>',
    "onnxruntime's provider: cpu, webgpu or cuda; PyTorch runs on the same card",
    'cpu',
  )
  .option(
    '--python <file>',
    'Python with torch and transformers; npm run test:peers makes it',
    '.venv/bin/python',
  )
  .option('--json <file>', 'write the measurements here');

async function main(options: BenchOptions): Promise<void> {
  if (!existsSync(options.python)) {
    program.error(`No Python at ${options.python}: run "npm run test:peers" first, or give --python.`, {
      exitCode: 2,
    });
  }
  console.log(`${processor()}, ${options.threads} threads, Node ${process.version}`);
  const measurements: Measurement[] = [];
  for (const size of options.sizes.split(',') as Size[]) {
    for (const dropout of options.dropout.split(',').map(Number)) {
      const contest = await race(size, dropout, options);
      measurements.push(...contest);
      printContest(size, dropout, contest);
    }
  }
  if (options.json) {
    const machine = {
      processor: processor(),
      provider: options.provider,
      threads: Number(options.threads),
      node: process.version,
    };
    writeFileSync(options.json, JSON.stringify({ machine, measurements }, null, 2) + '\n');
    console.log(`Wrote ${options.json}`);
  }
}

async function race(size: Size, dropout: number, options: BenchOptions): Promise<Measurement[]> {
  const kinds: WorkerOptions['kind'][] = [
    'float',
    'qat',
    'lsq',
    'masked',
    'pruning',
    'movement',
    'soft-movement',
    'smp',
    'products',
    'sdpa',
    'eager',
    'torch-products',
  ];
  if (size === 'tiny' && dropout === 0) kinds.push('eager-wasm');
  const settings = { ...SIZES[size], dropout, threads: Number(options.threads), provider: options.provider };
  const workers = kinds.map((kind) => new WorkerProcess({ ...settings, kind }, options.python));
  for (const worker of workers) await worker.run(0);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const worker of workers) await worker.run(turnOf(size, worker));
  }
  workers.forEach((worker) => worker.stop());
  return workers.map(({ times, peakMegabytes, options: { kind } }) => ({
    size,
    dropout,
    kind,
    milliseconds: median(times),
    steps: times.length,
    peakMegabytes: Math.round(peakMegabytes),
  }));
}

function turnOf(size: Size, worker: WorkerProcess): number {
  return worker.options.kind === 'eager-wasm' ? 1 : TURN[size];
}

function printContest(size: Size, dropout: number, contest: readonly Measurement[]): void {
  const of = (kind: string): number => contest.find((row) => row.kind === kind)!.milliseconds;
  const torch = Math.min(of('sdpa'), of('eager'));
  const table = new Table({
    head: ['', 'ms per step', 'to PyTorch', 'to our float', 'peak MB'],
    style: { head: [] },
  });
  for (const { kind, milliseconds, peakMegabytes } of contest) {
    const ratios = [milliseconds / torch, milliseconds / of('float')].map((ratio) => ratio.toFixed(2));
    table.push([LABEL[kind], milliseconds.toFixed(1), ...ratios, peakMegabytes]);
  }
  console.log(
    `\nBERT-${size}, batch ${SIZES[size].batch} x ${SIZES[size].length}, dropout ${dropout}\n${table}`,
  );
}

const LABEL: Readonly<Record<WorkerOptions['kind'], string>> = {
  float: 'Whittle, compiled',
  qat: 'Whittle, compiled, QAT',
  lsq: 'Whittle, compiled, LSQ',
  masked: 'Whittle, compiled, under masks',
  pruning: 'Whittle, compiled, magnitude pruning, masks in every step',
  movement: 'Whittle, compiled, movement pruning, masks in every step',
  'soft-movement': 'Whittle, compiled, soft movement, masks in every step',
  smp: 'Whittle, compiled, SMP, masks in every step',
  'eager-wasm': 'Whittle, eager wasm',
  products: 'its matrix products alone',
  sdpa: 'PyTorch, sdpa',
  eager: 'PyTorch, eager attention',
  'torch-products': "PyTorch's matrix products alone",
};

void main(program.parse().opts<BenchOptions>());
