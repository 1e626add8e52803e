import * as tf from '@tensorflow/tfjs';
import type * as ort from 'onnxruntime-node';
import { atClock, clock } from '../core/clock';
import { undoOnFailure } from '../core/conclude';
import type { HostTensor } from '../core/host-tensor';
import { ownMemory } from '../core/shared-memory';
import { feeder } from './feeder';
import { bytesOf, Data, elements, Graph, LONG, memoryFor, Value } from './graph';
import { IntegerPath, optimize } from './passes';
import { forwardAndBackward, Part, whole } from './passes/parts';
import { RowOutput } from './passes/segment-sum';
import { integerPath } from './probe';
import { SavedValues, Scratch } from './scratch';
import { ortTensor, Session, SessionOptions } from './session';
import { ArgumentSpec, Trace, trace, Traceable } from './trace';

/** How programs are made and run. */
export interface ProgramOptions extends SessionOptions {
  /** How matmuls of quantized operands are computed. Default: the fastest way that this processor does right (`integerPath`). */
  readonly integerPath?: IntegerPath;
  /**
   * Memory for what the backward pass reads of the forward pass, shared by programs that never run at the same time; each has its
   * own by default. The function's first result must be the loss. Only on the provider `cpu`.
   */
  readonly scratch?: Scratch;
}

/** Where one result of a run goes. */
export interface Sink {
  /** Memory for the dense value; the program's own by default, overwritten by the next run. */
  readonly into?: Float32Array;
  /** Makes the memory behind `addRows` zero; called first when a row output has no dense part to start from. */
  readonly clear?: () => void;
  /** Takes the rows of a row output: `value[ids[i]] += rows[i]`. Without it they are summed into a dense value. */
  readonly addRows?: (ids: Int32Array, rows: Float32Array, width: number) => void;
}

/** A part of a program that is loaded. */
interface LoadedPart extends Part {
  readonly session: Session;
}

/**
 * A traced function in onnxruntime. Variables are read where they live, without a copy; new values of assigned variables are
 * written back in place after the run.
 */
export class Program {
  /** Memory of outputs, where it is kept: what is handed to the host has it for a run. */
  private readonly buffers: (Data | undefined)[];
  /** The end of the runs so far: they share the memory of derived inputs, outputs and saved values. */
  private last: Promise<unknown> = Promise.resolve();
  private readonly feeders: [value: Value, feed: (args: readonly HostTensor[]) => ort.Tensor][];

  private constructor(
    private readonly parts: readonly LoadedPart[],
    private readonly saved: SavedValues,
    private readonly graph: Graph,
    private readonly plan: readonly RowOutput[],
    private readonly source: Trace,
  ) {
    const tapped = new Set(plan.slice(plan.length - source.taps.length).map(({ dense }) => dense));
    this.buffers = graph.outputs.map((value, i) => (tapped.has(i) ? undefined : memoryFor(value)));
    this.feeders = [...graph.inputs].map(([value, from]) => [value, feeder(value, from)]);
  }

  /** Traces, optimizes and loads a function for arguments of these shapes. */
  static async compile(
    fn: Traceable,
    specs: readonly ArgumentSpec[],
    options: ProgramOptions = {},
  ): Promise<Program> {
    const { provider = 'cpu', scratch } = options;
    const source = trace(fn, specs);
    const { graph, plan } = optimize(source.graph, {
      integerPath: options.integerPath ?? (provider === 'cpu' ? await integerPath() : 'simulated'),
      provider,
    });
    const parts = partsOf(graph, provider === 'cpu' ? scratch : undefined);
    const loaded = await loadAll(parts, options);
    const saved = new SavedValues(
      parts.flatMap((part) => part.saved),
      scratch,
    );
    return new Program(loaded, saved, graph, plan, source);
  }

  /** Puts results back into the form in which the function returned them. */
  get rebuild(): Trace['rebuild'] {
    return this.source.rebuild;
  }

  /** The operators of the program, for tests and reports. */
  get operators(): string[] {
    return this.graph.nodes.map((node) => node.op);
  }

  /**
   * Runs once, after the runs that were asked for before. The results' data belongs to the program and is overwritten by the next run.
   * Dropout draws at the time (lib/core/clock) of the call.
   *
   * @param sinks where results go, by their place; the assigned variables are written back by the program itself.
   */
  run(args: readonly HostTensor[], sinks: readonly (Sink | undefined)[] = []): Promise<HostTensor[]> {
    const time = clock();
    const run = this.last.then(() => atClock(time, () => this.runOnce(args, sinks)));
    this.last = run.catch(() => undefined);
    return run;
  }

  private async runOnce(
    args: readonly HostTensor[],
    sinks: readonly (Sink | undefined)[],
  ): Promise<HostTensor[]> {
    const targets = this.targets(sinks);
    const { assigned, taps } = this.source;
    assigned.forEach(ownMemory); // before it is read: a run that is queued behind this one reads what this one writes
    await this.runParts(args, targets);
    const results = this.plan.map((plan, i) =>
      this.collect(plan, targets, this.source.graph.outputs[i]!, sinks[i]),
    );
    const count = results.length - assigned.length - taps.length;
    assigned.forEach((variable, i) => writeBack(variable, results[count + i]!));
    taps.forEach((take, i) => take(results[count + assigned.length + i]!));
    return results.slice(0, count);
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    for (const { session } of this.parts) await session.release();
  }

  private async runParts(args: readonly HostTensor[], targets: readonly Data[]): Promise<void> {
    const tensors = new Map(this.feeders.map(([value, feed]) => [value, feed(args)]));
    for (const [value, tensor] of this.saved.tensors()) tensors.set(value, tensor);
    const tensorOf = (value: Value) => tensors.get(value)!;
    const outputs = this.graph.outputs.map((value, i) => ortTensor(value, targets[i]!));
    for (const { session, saved, places } of this.parts) {
      await session.run(tensorOf, [...saved.map(tensorOf), ...places.map((place) => outputs[place]!)]);
    }
  }

  private targets(sinks: readonly (Sink | undefined)[]): Data[] {
    const targets = this.buffers.map((buffer, i) => buffer ?? memoryFor(this.graph.outputs[i]!));
    this.plan.forEach(({ dense }, i) => {
      const into = sinks[i]?.into;
      if (dense !== undefined && into) targets[dense] = into;
    });
    return targets;
  }

  private collect(
    plan: RowOutput,
    targets: readonly Data[],
    value: Value,
    sink: Sink | undefined,
  ): HostTensor {
    const { dense, parts } = plan;
    const base = dense === undefined ? undefined : targets[dense]!;
    const { shape, dtype } = { shape: [...value.shape], dtype: value.dtype as HostTensor['dtype'] };
    const elsewhere = parts.length > 0 && sink?.addRows;
    if (elsewhere && !base) sink.clear?.();
    const data = (base ?? new Float32Array(elsewhere ? 0 : elements(value))) as HostTensor['data'];
    const addRows = elsewhere || adderInto(data as Float32Array);
    for (const { rows, ids } of parts) {
      addRows(targets[ids] as Int32Array, targets[rows] as Float32Array, value.shape[1]!);
    }
    return { shape, dtype, data };
  }
}

/** Loads all parts, or none. */
async function loadAll(parts: readonly Part[], options: SessionOptions): Promise<LoadedPart[]> {
  const loaded: LoadedPart[] = [];
  const release = () => loaded.forEach(({ session }) => void session.release());
  return undoOnFailure(async () => {
    for (const part of parts) loaded.push({ ...part, session: await Session.load(part.graph, options) });
    return loaded;
  }, release);
}

/** Two where a scratch memory is given, and there is much to keep in it, or the program is long: the two are loaded and run faster. */
function partsOf(graph: Graph, scratch: Scratch | undefined): readonly Part[] {
  if (!scratch) return [whole(graph)];
  const parts = forwardAndBackward(graph);
  const kept = parts[0].saved.reduce((bytes, value) => bytes + bytesOf(value), 0);
  return kept > scratch.least || graph.nodes.length > LONG ? parts : [whole(graph)];
}

/** Adds rows into a table, in order. */
function adderInto(table: Float32Array): NonNullable<Sink['addRows']> {
  return (ids, rows, width) =>
    ids.forEach((id, i) => {
      for (let j = 0; j < width; j++) table[id * width + j]! += rows[i * width + j]!;
    });
}

/** In place where the variable's memory is its own; a new tensor elsewhere. */
function writeBack(variable: tf.Variable, { data, shape, dtype }: HostTensor): void {
  const memory = ownMemory(variable);
  if (memory) memory.set(data);
  else tf.tidy(() => variable.assign(tf.tensor(data.slice(), shape, dtype)));
}
