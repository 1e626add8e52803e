import * as tf from '@tensorflow/tfjs';
import { TRACE } from '../core/derived';
import { UserError } from '../core/errors';
import { dataOf as typed, GraphBuilder } from './builder';
import { DataType, Value } from './graph';
import { reshape } from './reshape';

/**
 * What tensors share while tracing: a graph value, or host data that becomes a constant when a kernel first uses it. It is their `dataId`
 * itself, since a long trace has many.
 */
class Entry {
  /** How many tensors share it. */
  tensors = 1;

  constructor(
    /** The trace that it belongs to. */
    readonly trace: object,
    readonly value?: Value,
    readonly host?: tf.BackendValues,
  ) {}
}

/**
 * A tfjs backend that records instead of computing. Tensors made from host data are constants; tensors that live on another
 * backend are captured, and their data is never moved here: variables as inputs, others as constants, also where they share a
 * variable's data.
 */
class TraceBackend extends tf.KernelBackend {
  /** Tells the entries of this trace from those of others. */
  private trace = {};
  private count = 0;
  /** What became a constant, by dtype: tensors of several dtypes may share one array. */
  private constants = new Map<object, Map<string, Value>>();
  /** The graph being recorded. */
  builder = new GraphBuilder();

  /** Forgets the last trace and starts another. */
  begin(): void {
    this.end();
  }

  /** Forgets everything, so that nothing traced is kept alive. */
  end(): void {
    this.trace = {};
    this.count = 0;
    this.constants = new Map();
    this.builder = new GraphBuilder();
  }

  /** A tensor handle for a graph value. */
  wrap(value: Value): tf.TensorInfo {
    const dataId = this.entry(value);
    return { dataId, shape: [...value.shape], dtype: value.dtype as tf.DataType };
  }

  /** The graph value of a tensor that a kernel uses. */
  lookup(tensor: tf.TensorInfo): Value {
    const entry = this.entryOf(tensor.dataId);
    const value = entry?.value ?? this.captured(tensor, entry?.host);
    return reshape(this.builder, value, tensor.shape); // tfjs reshapes without a kernel in places (a clone with another shape)
  }

  private entry(value?: Value, host?: tf.BackendValues): Entry {
    this.count++;
    return new Entry(this.trace, value, host);
  }

  /** What this trace knows of a tensor's data; nothing of data that lives on another backend. */
  private entryOf(dataId: object): Entry | undefined {
    return dataId instanceof Entry && dataId.trace === this.trace ? dataId : undefined;
  }

  private captured(tensor: tf.TensorInfo, host: tf.BackendValues | undefined): Value {
    if (tensor instanceof tf.Variable && !host) return this.builder.variable(tensor);
    const known = this.constants.get(tensor.dataId) ?? new Map<string, Value>();
    const value = known.get(tensor.dtype) ?? this.hostConstant(host ?? dataOf(tensor), tensor);
    this.constants.set(tensor.dataId, known.set(tensor.dtype, value));
    return value;
  }

  private hostConstant(values: tf.BackendValues, tensor: tf.TensorInfo): Value {
    const numbers = values as ArrayLike<number>;
    if (tensor.shape.length === 0) return this.builder.scalar(Number(numbers[0]), tensor.dtype as DataType);
    const data = typed(numbers, tensor.dtype as DataType);
    return this.builder.constant(data, tensor.shape, tensor.dtype as DataType);
  }

  override write(values: tf.BackendValues): object {
    return this.entry(undefined, values);
  }

  override readSync(dataId: object): tf.BackendValues {
    const host = this.entryOf(dataId)?.host;
    if (host) return host;
    throw new UserError(
      'The value of a traced tensor was read (dataSync, data, array or print) inside a compiled function, where tensors have ' +
        'no values yet; move the read out of the function, or run it eagerly (`eagerEngine`).',
    );
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  /** Only counts: the entries of a trace live until it ends, since an assigned value may outlive its tensor. */
  override disposeData(dataId: object): boolean {
    const entry = this.entryOf(dataId);
    return !entry || --entry.tensors < 1;
  }

  override incRef(dataId: object): void {
    const entry = this.entryOf(dataId);
    if (entry) entry.tensors++;
  }
  override refCount(dataId: object): number {
    return this.entryOf(dataId)?.tensors ?? 0;
  }
  override numDataIds(): number {
    return this.count;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override timerAvailable(): boolean {
    return false;
  }
  override dispose(): void {}
}

/** The data of a tensor of another backend, read where it is. */
function dataOf(tensor: tf.TensorInfo): tf.BackendValues {
  return tf.engine().readSync(tensor.dataId);
}

/** The one tracing backend; registered with tfjs when this file is loaded. */
export const traceBackend = new TraceBackend();
tf.registerBackend(TRACE, () => traceBackend);
