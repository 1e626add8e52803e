import * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';
import { factsOf } from './facts-of';
import { layersOf } from './layers';
import { lastOf, ownWeights } from './own-weights';
import { restore, shadowRead } from './shadow';
import { type Call, wrapCall } from './wrap-call';

/**
 * What a forward pass is for. Calibration computes what inference does, without dropout, and lets observers watch as training
 * does.
 */
export type Pass = 'training' | 'inference' | 'calibration';

/** A variable of a transform that is trained like a weight: a learned step size, a clip, scores. */
export interface Trainable {
  /** The transform's own: freed by its `dispose`. */
  readonly variable: tf.Variable;
  /** Whether weight decay applies. Default false. */
  readonly decay?: boolean;
  /** What the learning rate is multiplied by for it, at least 0. Default 1. */
  readonly rateFactor?: number;
}

/** Stands between a layer and its weight, input or output; attached and detached without a trace in the model. */
export interface Transform {
  /** Everything that `apply` decides in JavaScript (flags, modes) and a traced program would freeze. */
  readonly revision: string;
  /** Whether each number of the result depends on the number at its place alone. Default false. */
  readonly elementwise?: boolean;
  /** What the layer computes with instead of `value`; same shape and dtype. Runs inside the layer's forward pass. */
  apply(value: tf.Tensor, pass: Pass): tf.Tensor;
  /** What training fits beside the model's weights, by name; none by default. */
  trainables?(): Readonly<Record<string, Trainable>>;
  /**
   * Of a weight's transform: the values that inference computes with, so that the transform can be taken out. Without it a model
   * that has the transform cannot be converted.
   */
  bake?(weight: BakedValues): Float32Array;
  /** What a checkpoint keeps of it, by name, beside `trainables`. */
  state(): Record<string, tf.Variable>;
  /** Frees `state()` and `trainables()`. */
  dispose(): void;
}

/** A weight as it is, which `bake` does not change. */
export interface BakedValues {
  /** Of the weight. */
  readonly shape: readonly number[];
  /** Row-major. Not to be written. */
  readonly data: Float32Array;
}

/** One transform in one place. */
export interface Attachment {
  /** Whose tensor or weight it is. */
  readonly layer: tf.layers.Layer;
  /** `input`, `output`, a weight's name such as `kernel`, or that of a value within the layer. */
  readonly target: string;
  /** Whoever attached it disposes it. */
  readonly transform: Transform;
  /** Takes the transform out again, exactly; does not dispose it, since several places may share it. Twice is once. */
  detach(): void;
}

/** Options of {@link attach}. */
export interface AttachOptions {
  /** Apply it before all that is attached already. Default false: after. */
  readonly first?: boolean;
}

/** The option of a model's call that makes inference a calibration. */
export const CALIBRATION = 'calibration';

/** A layer whose `call` is ours for as long as something is attached. */
interface Patch {
  readonly attachments: Attachment[];
  /** What the layer computes by itself. */
  own: Call;
  readonly remove: () => void;
}

const patches = new WeakMap<tf.layers.Layer, Patch>();

/**
 * Attaches a transform to a layer's input, its output, or one of its weights, in place: that instance's `call` is patched, and
 * a weight's `read()` is shadowed only while that synchronous call runs. So shared layers, functional and sequential models,
 * eager and traced code all see it, `toJSON()` does not, and detaching gives back the very same model.
 *
 * Transforms of one target apply in the order in which they were attached, but for one that is to be the first.
 *
 * @param layer a layer with one input tensor (for `'input'`) or one output tensor (for `'output'`), built (for a weight).
 * @param target `'input'`, `'output'`, the weight's name, e.g. `'kernel'`, or that of a value within the layer, which its facts name: an
 *   attention's `'probabilities'`, [batch, heads, queries, keys].
 * @throws UserError if the layer has no such weight or value.
 *
 * @example
 * const attachment = attach(dense, 'kernel', weightQuantizer());
 * model.predict(x); // with int8 weights
 * attachment.detach(); // exactly as before
 */
export function attach(
  layer: tf.layers.Layer,
  target: string,
  transform: Transform,
  { first = false }: AttachOptions = {},
): Attachment {
  if (isOwn(target) && !isInner(layer, target)) weightNamed(layer, target);
  const patch = patches.get(layer) ?? patchCall(layer);
  const attachment: Attachment = {
    layer,
    target,
    transform,
    detach() {
      const index = patch.attachments.indexOf(attachment);
      if (index < 0) return;
      patch.attachments.splice(index, 1);
      if (patch.attachments.length === 0) patch.remove();
    },
  };
  if (first) patch.attachments.unshift(attachment);
  else patch.attachments.push(attachment);
  return attachment;
}

/** What is attached to a model's layers, in the order of the layers, nested models included. */
export function attachmentsOf(model: tf.LayersModel): Attachment[] {
  return layersOf(model).flatMap((layer) => attachedTo(layer));
}

/** What is attached to one layer, in the order of attachment. */
export function attachedTo(layer: tf.layers.Layer): readonly Attachment[] {
  return patches.get(layer)?.attachments ?? [];
}

/**
 * Puts something around what a layer computes by itself, within all that is attached to it, and returns how to take it away again.
 * Nothing may be attached or detached meanwhile.
 */
export function wrapWithin(layer: tf.layers.Layer, wrap: (call: Call) => Call): () => void {
  const patch = patches.get(layer);
  if (!patch) return wrapCall(layer, wrap);
  const { own } = patch;
  patch.own = wrap(own.bind(layer));
  return () => {
    patch.own = own;
  };
}

function patchCall(layer: tf.layers.Layer): Patch {
  const own = Object.getOwnPropertyDescriptor(layer, 'call');
  const patched: Call = (inputs, kwargs) => scoped(() => callThrough(layer, patch, inputs, kwargs));
  const remove = () => {
    // Somebody may have patched `call` after us: then ours stays underneath, now without effect.
    if (layer.call === patched) restore(layer, 'call', own);
    patches.delete(layer);
  };
  const patch: Patch = { attachments: [], own: layer.call, remove };
  layer.call = patched;
  patches.set(layer, patch);
  return patch;
}

/**
 * Runs `body` in the surrounding tidy scope, where a result cached by a shared transform lives on until the model's forward
 * pass is over. Outside of any scope it makes one, so that a bare `layer.apply(x)` leaks nothing.
 */
export function scoped<T extends tf.TensorContainer>(body: () => T): T {
  return tf.engine().state.activeScope ? body() : tf.tidy(body);
}

function callThrough(
  layer: tf.layers.Layer,
  { attachments, own }: Patch,
  inputs: Parameters<Call>[0],
  kwargs: Parameters<Call>[1],
): ReturnType<Call> {
  const pass = passOf(kwargs);
  const single = (target: string, value: tf.Tensor | tf.Tensor[]) =>
    attachments.some((attachment) => attachment.target === target)
      ? applyAll(attachments, target, only(layer, target, value), pass)
      : value;

  const shadows = attachedWeights(layer).map(({ weight, apply }) =>
    shadowRead(weight, (value) => apply(value, pass)),
  );
  try {
    return single('output', own.call(layer, single('input', inputs), kwargs));
  } finally {
    shadows.forEach((undo) => undo());
  }
}

/** A weight that something is attached to, and what all of that makes of it. */
export interface AttachedWeight {
  readonly weight: tf.LayerVariable;
  apply(value: tf.Tensor, pass: Pass): tf.Tensor;
}

/** The weights of a layer that something is attached to. */
export function attachedWeights(layer: tf.layers.Layer): AttachedWeight[] {
  const attachments = attachedTo(layer);
  const isWeight = (target: string) => isOwn(target) && !isInner(layer, target);
  const names = new Set(attachments.map(({ target }) => target).filter(isWeight));
  return [...names].map((name) => ({
    weight: weightNamed(layer, name),
    apply: (value, pass) => applyAll(attachments, name, value, pass),
  }));
}

function applyAll(
  attachments: readonly Attachment[],
  target: string,
  value: tf.Tensor,
  pass: Pass,
): tf.Tensor {
  return attachments
    .filter((attachment) => attachment.target === target)
    .reduce((result, { transform }) => transform.apply(result, pass), value);
}

/** tfjs hands the options of a model's call to every layer. */
export function passOf(kwargs: Parameters<Call>[1]): Pass {
  if (kwargs?.['training']) return 'training';
  return kwargs?.[CALIBRATION] ? 'calibration' : 'inference';
}

const innerNames = (layer: tf.layers.Layer): string => {
  const { inner = [] } = factsOf(layer) ?? {};
  return inner.length > 0 ? `values within it are ${inner.join(', ')}, ` : '';
};

const isOwn = (target: string): boolean => target !== 'input' && target !== 'output';

const isInner = (layer: tf.layers.Layer, target: string): boolean =>
  factsOf(layer)?.inner?.includes(target) ?? false;

/** Whether something is attached to an inner value, which a layer may then compute in another way. */
export function isWatched(layer: tf.layers.Layer, name: string): boolean {
  return attachedTo(layer).some(({ target }) => target === name);
}

/** What the transforms attached to one of a layer's inner values make of it: for the layer's `call`, whose facts name it. */
export function throughInner(
  layer: tf.layers.Layer,
  name: string,
  value: tf.Tensor,
  kwargs: Parameters<Call>[1],
): tf.Tensor {
  return applyAll(attachedTo(layer), name, value, passOf(kwargs));
}

function only(layer: tf.layers.Layer, target: string, value: tf.Tensor | tf.Tensor[]): tf.Tensor {
  const values = Array.isArray(value) ? value : [value];
  if (values.length !== 1) {
    throw new UserError(
      `Expected one ${target} tensor at layer "${layer.name}", got ${values.length}; attach to the layers around it instead.`,
    );
  }
  return values[0]!;
}

function weightNamed(layer: tf.layers.Layer, name: string): tf.LayerVariable {
  const own = ownWeights(layer);
  const others = [...layer.weights, ...(factsOf(layer)?.borrows ?? [])];
  const found = own.get(name) ?? others.find(({ originalName }) => lastOf(originalName) === name);
  if (found) return found;
  const names =
    own.size > 0 ? [...own.keys()] : layer.weights.map(({ originalName }) => lastOf(originalName));
  throw new UserError(
    `Expected "input", "output" or a weight of layer "${layer.name}" to attach to, got "${name}"; ` +
      innerNames(layer) +
      (names.length > 0 ? `its weights are ${names.join(', ')}.` : 'it has no weights (has it been built?).'),
  );
}
