import * as tf from '@tensorflow/tfjs';
import { TRACE } from '../core/derived';
import { UserError } from '../core/errors';
import type { Take } from '../core/tap';
import { traceBackend } from './backend';
import { Difference, firstDifference } from './difference';
import { DataType, Graph, Value } from './graph';
import './kernels';
import { unmapped } from './kernels/kernel';

/** A function of tensors that can be traced: synchronous, its result a tensor or an array or record of tensors. */
export type Traceable = (...args: tf.Tensor[]) => TensorResult;
/** What a compiled function may return; it comes back in the same form. */
export type TensorResult = tf.Tensor | readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>;

/** Shape and dtype of one argument. */
export interface ArgumentSpec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/**
 * A recorded function. The graph's outputs are the results, then the new values of the assigned variables, then what is handed to the
 * host.
 */
export interface Trace {
  readonly graph: Graph;
  readonly assigned: readonly tf.Variable[];
  readonly taps: readonly Take[];
  /** Puts the results back into the form in which the function returned them. */
  readonly rebuild: <T>(results: readonly T[]) => T | T[] | Record<string, T>;
}

/**
 * Records what `fn` does with arguments of these shapes.
 *
 * A trace freezes what JavaScript decides. To catch what must not be frozen, the function is recorded twice, and constants
 * that differ (random numbers made on the host: `tf.randomUniform`, a stock dropout layer outside of `forward`) are an error.
 *
 * @throws UserError for a kernel without a mapping, a read of a traced value, a host constant that varies, a variable made
 * inside, or a promise returned.
 */
export function trace(fn: Traceable, specs: readonly ArgumentSpec[]): Trace {
  const first = record(fn, specs);
  const second = record(fn, specs);
  const difference = firstDifference(first.graph, second.graph);
  if (difference) throw new UserError(varying(difference, origins(fn, specs)));
  return second;
}

function record(fn: Traceable, specs: readonly ArgumentSpec[]): Trace {
  const previous = tf.getBackend();
  const restore = interceptAssignments();
  tf.setBackend(TRACE);
  traceBackend.begin();
  try {
    const results: Value[] = [];
    let rebuild: Trace['rebuild'] = (values) => [...values];
    tf.tidy(() => {
      const result = flatten(fn(...specs.map(argument)));
      result.tensors.forEach((tensor) => results.push(traceBackend.lookup(tensor)));
      ({ rebuild } = result);
    });
    const assigned = restore.assigned();
    const updates = assigned.map((variable) => traceBackend.lookup(variable));
    const { taps } = traceBackend.builder;
    const graph = traceBackend.builder.finish([...results, ...updates, ...taps.map(({ value }) => value)]);
    if (graph.outputs.length === 0) {
      throw new UserError(
        'The compiled function does nothing: it returns no tensor and assigns no variable.',
      );
    }
    return { graph, assigned, taps: taps.map(({ take }) => take), rebuild };
  } catch (error) {
    throw explained(error);
  } finally {
    restore.undo();
    traceBackend.end();
    tf.setBackend(previous);
  }
}

function argument(spec: ArgumentSpec, index: number): tf.Tensor {
  const value = traceBackend.builder.argument(index, spec.shape, spec.dtype);
  return tf.engine().makeTensorFromTensorInfo(traceBackend.wrap(value));
}

/**
 * While tracing, `assign` only points the variable at the traced value: tfjs would dispose the real data. Undoing gives every
 * variable its data back, and disposes those that the function made.
 */
function interceptAssignments() {
  const { prototype } = tf.Variable;
  const original = prototype.assign;
  const before = new Map<tf.Variable, object>();
  const known = new Set(Object.keys(tf.engine().registeredVariables));
  prototype.assign = function (this: tf.Variable, value: tf.Tensor): void {
    if (value.dtype !== this.dtype || value.shape.join() !== this.shape.join()) original.call(this, value); // throws
    if (!before.has(this)) before.set(this, this.dataId);
    this.dataId = value.dataId;
  };
  const made = () => Object.values(tf.engine().registeredVariables).filter(({ name }) => !known.has(name));
  return {
    assigned(): tf.Variable[] {
      const [fresh] = made();
      if (fresh) {
        throw new UserError(
          `The compiled function made the variable "${fresh.name}" while it was traced; make variables before compiling.`,
        );
      }
      return [...before.keys()];
    },
    undo(): void {
      prototype.assign = original;
      for (const [variable, dataId] of before) variable.dataId = dataId;
      made().forEach((variable) => variable.dispose());
    },
  };
}

function flatten(result: TensorResult): { tensors: readonly tf.Tensor[]; rebuild: Trace['rebuild'] } {
  if (result instanceof tf.Tensor) return { tensors: [result], rebuild: (values) => values[0]! };
  if (result instanceof Promise) {
    result.catch(() => undefined); // what the rest of the function does is of no interest any more
    throw new UserError('A compiled function must return its tensors directly, but it returned a promise.');
  }
  const tensors = Object.values<unknown>(Object(result));
  if (
    typeof result !== 'object' ||
    result === null ||
    !tensors.every((value) => value instanceof tf.Tensor)
  ) {
    throw new UserError(
      'A compiled function must return a tensor, or a list or record of tensors, and nothing else.',
    );
  }
  if (Array.isArray(result)) return { tensors, rebuild: (values) => [...values] };
  const names = Object.keys(result);
  return {
    tensors,
    rebuild: (values) => Object.fromEntries(names.map((name, i) => [name, values[i]!])),
  };
}

/** tfjs says only that a kernel is not registered; say what to do. */
function explained(error: unknown): unknown {
  const missing = /ernel '(\w+)' (?:not registered )?for backend/.exec(String(error))?.[1];
  if (!missing) return error;
  return unmapped(`The tfjs kernel "${missing}"`);
}

/** The tfjs ops and layers on the stack where each constant was made, from one more trace. */
function origins(fn: Traceable, specs: readonly ArgumentSpec[]): string[] {
  const stacks: string[] = [];
  const write = traceBackend.write;
  traceBackend.write = function (values) {
    stacks.push(new Error().stack ?? '');
    return write.call(traceBackend, values);
  };
  try {
    record(fn, specs);
  } finally {
    traceBackend.write = write;
  }
  return stacks.flatMap(
    (stack) => /\b(random\w+|dropout|truncatedNormal|multinomial)_/.exec(stack)?.[1] ?? [],
  );
}

function varying({ value, usedBy }: Difference, random: readonly string[]): string {
  const maker = random[0] ? `tf.${random.at(-1)}` : 'a host value';
  return (
    `Compiling would freeze ${maker} (shape [${value.shape.join(', ')}], used by ${usedBy}), which differs between two ` +
    "traces; let `train` run the stock layers, which draws them from the run's seed, use Whittle's dropout layer, pass the value as an " +
    'argument, or run eagerly (`eagerEngine`).'
  );
}
