/**
 * Milliseconds and megabytes of our ONNX files in onnxruntime, against PyTorch's export of the same classifier and what
 * onnxruntime's own tools (`quantize_dynamic`, `quantize_static`) make of it: one Python process, turn by turn, as ratios.
 */
import { execFileSync } from 'child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import path from 'path';
import * as tf from '@tensorflow/tfjs';
import Table from 'cli-table3';
import { Command } from 'commander';
import { ourFiles } from './onnx-files';
import { processor } from './processor';

interface BenchOptions {
  readonly model?: string;
  readonly shapes: string;
  readonly threads: string;
  readonly seconds: string;
  readonly python: string;
  readonly json?: string;
}

/** Median milliseconds of each file. */
interface Race {
  readonly threads: number;
  readonly rows: number;
  readonly length: number;
  readonly times: Readonly<Record<string, number>>;
}

const program = new Command('bench/onnx')
  .description('Time exported files against those of PyTorch and onnxruntime on this machine, interleaved.')
  .option('--model <folder>', 'a Hugging Face folder; a random MiniLM-L6 by default')
  .option('--shapes <list>', 'texts x tokens', '1x32,8x64,32x128')
  .option('--threads <list>', 'threads of each session', '1,2')
  .option('--seconds <n>', 'of each shape and number of threads', '60')
  .option('--python <file>', 'Python with what bench/requirements.txt lists', '.venv/bin/python')
  .option('--json <file>', 'write the measurements here');

async function main(options: BenchOptions): Promise<void> {
  if (!existsSync(options.python))
    program.error(`No Python at ${options.python}: give --python.`, { exitCode: 2 });
  await tf.setBackend('cpu');
  const out = mkdtempSync(path.join(tmpdir(), 'bench-onnx-'));
  try {
    const ours = await ourFiles(out, options.model);
    const peers = python<Record<string, string>>(options, 'bench/onnx_peers.py', [ours.folder, out]);
    const files = { ...ours.files, ...peers };
    const bytes = Object.fromEntries(
      Object.entries(files).map(([name, file]) => [name, statSync(file).size]),
    );
    const task = [files, shapesOf(options), options.threads.split(',').map(Number), Number(options.seconds)];
    const races = python<Race[]>(options, 'bench/onnx_race.py', [JSON.stringify(task)]);
    print(races, bytes);
    if (options.json) {
      const report = { machine: { processor: processor() }, bytes, races };
      writeFileSync(options.json, JSON.stringify(report, null, 2) + '\n');
    }
  } finally {
    rmSync(out, { recursive: true });
  }
}

function shapesOf({ shapes }: BenchOptions): number[][] {
  return shapes.split(',').map((shape) => shape.split('x').map(Number));
}

/** What a script prints last, as JSON. */
function python<T>({ python: file }: BenchOptions, script: string, args: readonly string[]): T {
  const output = execFileSync(file, [script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as T;
}

/** Milliseconds, and beside ours the ratio to the fastest peer: in floats, or quantized by whatever tool. */
function print(races: readonly Race[], bytes: Readonly<Record<string, number>>): void {
  const head = races.map(({ rows, length, threads }) => `${rows} x ${length}, ${threads} thr.`);
  const table = new Table({ head: ['ms', ...head, 'MB'], style: { head: [], border: [], compact: true } });
  for (const [name, size] of Object.entries(bytes)) {
    const cells = races.map(({ times }) => cell(name, times));
    table.push([name, ...cells, (size / 1e6).toFixed(2)]);
  }
  console.log(`${processor()}\n${table}`);
}

function cell(name: string, times: Race['times']): string {
  const own = times[name]!;
  if (!name.endsWith('ours')) return own.toFixed(2);
  const isFloat = (other: string) => other.startsWith('float');
  const peers = Object.entries(times).filter(
    ([other]) => !other.endsWith('ours') && isFloat(other) === isFloat(name),
  );
  return `${own.toFixed(2)} (${(own / Math.min(...peers.map(([, time]) => time))).toFixed(2)})`;
}

void main(program.parse().opts<BenchOptions>());
