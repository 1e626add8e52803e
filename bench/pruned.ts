/**
 * What pruning gains in onnxruntime: zeros strewn over the kernels, and half of the heads and neurons cut out, each in floats and int8,
 * beside the dense model, in turns. Sizes raw, compressed by gzip, and written sparsely.
 */
import * as tf from '@tensorflow/tfjs';
import Table from 'cli-table3';
import { Command } from 'commander';
import { median } from 'simple-statistics';
import { FileSession } from '../lib/compile/file-session';
import { calibrate } from '../lib/compress/calibrate';
import { Compressed, compressedOf } from '../lib/compress/compressed';
import { convert } from '../lib/compress/convert';
import { prepare } from '../lib/compress/prepare';
import { staticInt8 } from '../lib/compress/scheme';
import { gzippedLength } from '../lib/analysis/gzipped-length';
import { hostOf, hostTensor, HostTensor } from '../lib/core/host-tensor';
import { loadHuggingFace } from '../lib/export/hugging-face/folder';
import { onnxBytes } from '../lib/export/onnx/export-onnx';
import { bert } from '../lib/models/bert';
import { bertConfigOf } from '../lib/models/bert-config-of';
import { maskSet } from '../lib/pruning/mask';
import { setMasks } from '../lib/pruning/model-masks';
import { prune } from '../lib/pruning/prune';
import { defaultTargets } from '../lib/pruning/targets';
import { shrink } from '../lib/structure/shrink';
import { processor } from './processor';
import { VOCABULARY } from './sizes';

interface BenchOptions {
  readonly model?: string;
  readonly sparsity: string;
  readonly runs: string;
  readonly threads: string;
}

const program = new Command('bench/pruned')
  .description('Time pruned models in onnxruntime, 8 x 64 tokens, in turns with the dense one.')
  .option('--model <folder>', 'a Hugging Face folder; a random MiniLM-L6 by default')
  .option('--sparsity <share>', 'zeros in the kernels', '0.8')
  .option('--runs <n>', 'timed runs of each', '60')
  .option('--threads <n>', 'of each session', '1');

async function main(options: BenchOptions): Promise<void> {
  await tf.setBackend('cpu');
  const xs = batch();
  const sparse = strewn(modelOf(options), Number(options.sparsity));
  const subjects: readonly (readonly [string, tf.LayersModel | Compressed])[] = [
    ['dense', modelOf(options)],
    [`${options.sparsity} zeros`, sparse],
    ['half the heads and neurons', halved(modelOf(options))],
    ['dense, int8', await quantized(modelOf(options), xs)],
    ['half, int8', await quantized(halved(modelOf(options)), xs)],
  ];
  const files = subjects.map(([, subject]) => onnxBytes(compressedOf(subject)));
  const times = await race(files, xs, options);
  const rows: string[][] = [];
  for (const [i, [name, subject]] of subjects.entries()) {
    const sparsely = onnxBytes(compressedOf(subject), { sparse: true });
    const sizes = [files[i]!.length, await gzippedLength(files[i]!), sparsely.length];
    const costs = (['wall', 'cpu'] as const).flatMap((kind) => {
      const [own, dense] = [median(times[i]![kind]), median(times[0]![kind])];
      return [own.toFixed(1), (dense / own).toFixed(2)];
    });
    rows.push([name, ...sizes.map((bytes) => (bytes / 1e6).toFixed(1)), ...costs]);
  }
  const head = ['', 'MB', 'gzip MB', 'sparse MB', 'ms', 'times as fast', 'processor ms', 'times as few'];
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  console.log(
    `${processor()}, ${options.threads} thread(s), medians of ${options.runs} runs\n${table.toString()}`,
  );
}

function modelOf({ model }: BenchOptions): tf.LayersModel {
  if (model) return loadHuggingFace(model, { labels: ['no', 'yes'], newClassifier: true, seed: 1 }).model;
  return bert({
    layers: 6,
    hiddenSize: 384,
    heads: 12,
    intermediateSize: 1536,
    vocabSize: VOCABULARY,
    seed: 1,
  });
}

function strewn(model: tf.LayersModel, sparsity: number): tf.LayersModel {
  const weights = defaultTargets(model).map(({ path, variable }) => {
    const { data, shape } = hostOf(variable);
    return [path, { data: data as Float32Array, shape }] as const;
  });
  setMasks(model, prune(sparsity, new Map(weights), maskSet([])));
  return model;
}

/** Without every other head and neuron. */
function halved(model: tf.LayersModel): tf.LayersModel {
  const { heads, intermediateSize } = bertConfigOf(model);
  const odd = (count: number) => Array.from({ length: count >> 1 }, (_, i) => 2 * i + 1);
  return shrink(model, { heads: heads.map(odd), neurons: intermediateSize.map(odd) });
}

async function quantized(model: tf.LayersModel, xs: HostTensor[]): Promise<Compressed> {
  const prepared = prepare(model, staticInt8());
  await calibrate(prepared, [xs]);
  return convert(prepared);
}

function batch(): HostTensor[] {
  const ids = Int32Array.from({ length: 8 * 64 }, (_, i) => (i * 7919) % VOCABULARY);
  return [ids, ids.map(() => 1), ids.map(() => 0)].map((data) => hostTensor(data, [8, 64]));
}

/** Milliseconds of every run: on the clock, and of the processor, which other programs that are running change less. */
interface Times {
  readonly wall: number[];
  readonly cpu: number[];
}

async function race(
  files: readonly Uint8Array[],
  xs: HostTensor[],
  { runs, threads }: BenchOptions,
): Promise<Times[]> {
  const sessions: FileSession[] = [];
  for (const file of files) sessions.push(await FileSession.open(file, { threads: Number(threads) }));
  for (const session of sessions) await session.run(xs);
  const times = files.map((): Times => ({ wall: [], cpu: [] }));
  for (let run = 0; run < Number(runs); run++) {
    for (const [i, session] of sessions.entries()) {
      const [started, before] = [performance.now(), process.cpuUsage()];
      await session.run(xs);
      const { user, system } = process.cpuUsage(before);
      times[i]!.wall.push(performance.now() - started);
      times[i]!.cpu.push((user + system) / 1000);
    }
  }
  for (const session of sessions) await session.release();
  return times;
}

void main(program.parse().opts<BenchOptions>());
