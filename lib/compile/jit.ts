import * as tf from '@tensorflow/tfjs';
import { atClock, clock } from '../core/clock';
import { HostTensor, readHost } from '../core/host-tensor';
import { ProgramCache } from './cache';
import { Program, ProgramOptions } from './program';
import { ArgumentSpec, TensorResult, Traceable } from './trace';

/** Options of {@link jit}. */
export interface JitOptions extends Omit<ProgramOptions, 'scratch'> {
  /**
   * What a trace freezes beside the arguments' shapes: another answer compiles again. For a model, `() => revisionOf(model)`.
   */
  readonly revision?: () => string;
  /** How many programs are kept; the one unused for longest goes first. Default 32. */
  readonly maxPrograms?: number;
}

/** A compiled function: asynchronous, its result in the form that the original returns. */
export interface Jitted<Args extends tf.Tensor[], Result extends TensorResult> {
  (...args: Args): Promise<Result>;
  /** Frees all programs. */
  dispose(): Promise<void>;
}

/**
 * Compiles a function of tensors: at the first call with arguments of some shapes and dtypes, it is traced, gradients and all,
 * into one ONNX program that onnxruntime runs; later calls with such arguments run the program.
 *
 * `jit(fn)(x)` equals `fn(x)` within `1e-5 · max|y|`. Variables that `fn` reads are inputs, read at every call; variables that
 * it assigns are updated in place. Whatever JavaScript decides inside `fn` (branches, numbers, captured tensors) is frozen at
 * the first call. The results belong to the caller.
 *
 * ```ts
 * const square = jit((x: tf.Tensor) => x.mul(x).sum());
 * (await square(tf.tensor1d([1, 2, 3]))).print(); // 14
 * await square.dispose();
 * ```
 *
 * @throws UserError (from the call) for what cannot be traced; the sentence says which operation.
 */
export function jit<Args extends tf.Tensor[], Result extends TensorResult>(
  fn: (...args: Args) => Result,
  options: JitOptions = {},
): Jitted<Args, Result> {
  const cache = new ProgramCache(options.maxPrograms ?? 32);
  const call = async (...args: Args): Promise<Result> => {
    const time = clock();
    const inputs = await Promise.all(args.map(readHost));
    const key = [signature(inputs), options.revision?.() ?? ''].join('|');
    const compile = () => Program.compile(fn as unknown as Traceable, inputs, options);
    return cache.use(key, compile, async (program) => {
      const results = await atClock(time, () => program.run(inputs));
      return program.rebuild(results.map(toTensor)) as Result;
    });
  };
  return Object.assign(call, { dispose: () => cache.dispose() });
}

/** Shapes and dtypes of arguments, as a key. */
export function signature(specs: readonly ArgumentSpec[]): string {
  return specs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ');
}

function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
  return tf.tensor(data.slice(), shape, dtype);
}
