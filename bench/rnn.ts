/**
 * `npx ts-node bench/rnn.ts`: seconds until an LSTM and a GRU over 300 steps have trained on their first batch, by phase, in a process of
 * their own each: what JavaScript compiles along the way counts, imports and the making of the model do not.
 */
import { spawnSync } from 'child_process';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import { optimize } from '../lib/compile/passes';
import { forwardAndBackward } from '../lib/compile/passes/parts';
import { integerPath } from '../lib/compile/probe';
import { Session } from '../lib/compile/session';
import { trace } from '../lib/compile/trace';
import { hostTensor } from '../lib/core/host-tensor';
import { objective } from '../trainers/engine';
import { compiledEngine } from '../trainers/engines/compiled';
import { softmaxCrossEntropy } from '../trainers/losses';
import { parametersOf } from '../trainers/parameters';
import { processor } from './processor';

const [STEPS, WIDTH, BATCH, UNITS, CLASSES] = [300, 16, 32, 64, 3];
const CELLS = { lstm: tf.layers.lstm, gru: tf.layers.gru } as const;
const WAYS = { phases, steps } as const;

/** What one process measures. */
interface Task {
  readonly cell: keyof typeof CELLS;
  readonly dropout: number;
  readonly way: keyof typeof WAYS;
  readonly threads: number;
}

interface BenchOptions {
  readonly dropout: string;
  readonly threads: string;
}

const program = new Command('rnn')
  .description('Time how long recurrent layers over 300 steps take to their first step of training.')
  .option('--dropout <list>', 'rates of dropout and recurrentDropout', '0,0.2')
  .option('--threads <n>', "onnxruntime's threads", '1')
  .argument('[task]', 'what one process measures, as JSON');

function main(): void {
  const { dropout, threads } = program.opts<BenchOptions>();
  console.log(`${processor()}, Node ${process.version}; processor s, wall s`);
  for (const cell of Object.keys(CELLS) as Task['cell'][]) {
    for (const rate of dropout.split(',').map(Number)) {
      console.log(`\n${cell}, dropout ${rate}`);
      for (const way of Object.keys(WAYS) as Task['way'][])
        measureAlone({ cell, dropout: rate, way, threads: Number(threads) });
    }
  }
}

function measureAlone(task: Task): void {
  const script = [...process.execArgv, '-r', 'ts-node/register', __filename, JSON.stringify(task)];
  const { status } = spawnSync(process.execPath, script, { stdio: ['ignore', 'inherit', 'ignore'] });
  if (status !== 0) throw new Error(`Measuring ${JSON.stringify(task)} ended with status ${status}.`);
}

/** The phases of making the program. */
async function phases({ threads, ...task }: Task): Promise<void> {
  const model = modelOf(task);
  const variables = parametersOf(model).list.map(({ variable }) => variable);
  const { xs, ys } = batch();
  const source = await timed('trace, forward and gradients, twice', () =>
    trace(
      (x, labels) => {
        const loss = () => objective(model, softmaxCrossEntropy, [x!], [labels!]);
        const { value, grads } = tf.variableGrads(loss, variables);
        return [value, ...Object.values(grads)];
      },
      [...xs, ys],
    ),
  );
  const path = await integerPath();
  const { graph } = await timed('passes', () =>
    optimize(source.graph, { integerPath: path, provider: 'cpu' }),
  );
  console.log(`${String(graph.nodes.length).padStart(6)} nodes of ${source.graph.nodes.length} traced`);
  const parts = await timed('cut in two', () => forwardAndBackward(graph));
  for (const part of parts)
    await timed(`session of ${part.graph.nodes.length} nodes`, () => Session.load(part.graph, { threads }));
}

/** The first step as a whole, and a later one. */
async function steps({ threads, ...task }: Task): Promise<void> {
  const model = modelOf(task);
  const engine = await compiledEngine({ threads })(model, parametersOf(model), softmaxCrossEntropy);
  const step = (tick: number) =>
    engine.gradients({ ...batch(), size: BATCH }, { accumulate: false, clock: { seed: 0, tick } });
  await timed('first step, all phases', () => step(1));
  await timed('second step', () => step(2));
}

function modelOf({ cell, dropout }: Pick<Task, 'cell' | 'dropout'>): tf.LayersModel {
  const rates = { dropout, recurrentDropout: dropout };
  return tf.sequential({
    layers: [
      CELLS[cell]({ units: UNITS, inputShape: [STEPS, WIDTH], ...rates }),
      tf.layers.dense({ units: CLASSES }),
    ],
  });
}

function batch() {
  const xs = [
    hostTensor(Float32Array.from({ length: BATCH * STEPS * WIDTH }, Math.random), [BATCH, STEPS, WIDTH]),
  ];
  const ys = hostTensor(
    Int32Array.from({ length: BATCH }, (_, i) => i % CLASSES),
    [BATCH],
  );
  return { xs, ys };
}

async function timed<T>(name: string, body: () => T | Promise<T>): Promise<T> {
  const [before, begin] = [process.cpuUsage(), performance.now()];
  const result = await body();
  const { user, system } = process.cpuUsage(before);
  const seconds = [(user + system) / 1e6, (performance.now() - begin) / 1e3];
  console.log(`${seconds.map((each) => each.toFixed(2).padStart(6)).join(' ')}  ${name}`);
  return result;
}

async function measure(task: Task): Promise<void> {
  await tf.setBackend('cpu');
  await WAYS[task.way](task);
}

const [task] = program.parse().args;
if (task === undefined) main();
else void measure(JSON.parse(task) as Task);
