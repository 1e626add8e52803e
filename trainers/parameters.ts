import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../lib/core/errors';
import { trainablesOf } from '../lib/core/trainables';
import { weightsOf } from '../lib/core/weights';
import type { MaskKind } from '../lib/pruning/mask';
import { maskable } from '../lib/pruning/model-masks';
import { createArena, type Arena } from '../lib/wasm/memory';
import { bytesOf, createParameter, type OwnParameter, type Parameter, type Trained } from './parameter';

export type { Parameter } from './parameter';

export interface ParametersOptions {
  /** What the optimizer keeps for each weight: its `slots`. None by default. */
  readonly slots?: readonly string[];
  /** Whose memory to use; an own one by default. */
  readonly arena?: Arena;
}

/** Copies of weights, and of the optimizer's slots if they were asked for, by path. */
export interface Snapshot {
  /** By path, row-major. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** By path, then by the slot's name; absent where they were not asked for. */
  readonly slots?: ReadonlyMap<string, Readonly<Record<string, Float32Array>>>;
}

/** What a {@link Snapshot} holds beside weights. */
export interface SnapshotOptions {
  /** Also the optimizer's memory; false by default. */
  readonly slots?: boolean;
}

/** A model's trainable weights in WebAssembly memory, where engines put gradients and optimizers work. */
export interface Parameters {
  /** Weights in the order of `weightsOf(model)`, then what transforms train. */
  readonly list: readonly Parameter[];
  /** @throws UserError if no trainable weight has this path. */
  get(path: string): Parameter;
  /** `get(path).setMask(mask, kind)` */
  setMask(path: string, mask: Uint8Array | undefined, kind?: MaskKind): void;
  /** Global norm of the gradients: √(Σ gradient²) over all that the masks keep. */
  gradientNorm(): number;
  /**
   * Takes over what someone assigned to a variable (`model.setWeights`, `variable.assign`), and, on tfjs's cpu backend, makes
   * the weights' memory the variables' storage again, and theirs alone: tensors that share it (`variable.clone()`) get copies.
   * Optimizers call it before each step; call it before writing `weights`.
   */
  rebind(): void;
  /**
   * Makes the variables hold the weights: nothing but `rebind` on the cpu backend, where they share memory; a copy on others.
   * Optimizers call it after each step; call it after writing `weights`.
   */
  upload(): void;
  /** Copies the weights as they are now, and the slots if asked. */
  snapshot(options?: SnapshotOptions): Snapshot;
  /**
   * Puts a snapshot back, by copying, all of it or nothing; slots that it does not hold stay. Pruned weights stay exactly 0.
   *
   * @throws UserError if it is another model's.
   */
  restore(snapshot: Snapshot): void;
  /** Gives the variables ordinary storage with the present values; the parameters are of no use afterwards. */
  dispose(): void;
}

/**
 * Moves a model's trainable weights into WebAssembly memory, each beside its gradient, slots and mask. On tfjs's cpu backend a
 * variable's storage then *is* that memory (so `dataSync()` shows later steps: `snapshot()` and `clone()` do not); other
 * backends hold copies that `upload` renews. Weights that become trainable, transforms that are attached and train, and weights of
 * new shapes need new parameters.
 *
 * @example const parameters = parametersOf(model, { slots: optimizer.slots });
 */
export function parametersOf(model: tf.LayersModel, options: ParametersOptions = {}): Parameters {
  const { slots = [] } = options;
  const weights = trainedOf(model);
  if (weights.length === 0) {
    throw new UserError('Expected a model with trainable weights, got one with none: is every layer frozen?');
  }
  const whole = weights.find(({ variable }) => variable.dtype !== 'float32');
  if (whole) {
    throw new UserError(
      `Expected trainable weights of float32, got "${whole.path}" of ${whole.variable.dtype}; make it not trainable.`,
    );
  }
  const bytes = weights.reduce((sum, weight) => sum + bytesOf(weight, slots), 0);
  const arena = options.arena ?? createArena({ bytesPerMemory: bytes });
  const list = weights.map((weight) => createParameter(weight, arena, slots));
  const byPath = new Map(list.map((parameter) => [parameter.path, parameter]));

  const get = (path: string): Parameter => {
    const parameter = byPath.get(path);
    if (parameter) return parameter;
    throw new UserError(
      `Expected a trainable weight of the model, got "${path}": see weightsOf(model) for their paths.`,
    );
  };
  return {
    list,
    get,
    setMask: (path, mask, kind) => get(path).setMask(mask, kind),
    gradientNorm: () => Math.sqrt(list.reduce((sum, parameter) => sum + parameter.squaredNorm(), 0)),
    rebind: () => list.forEach((parameter) => parameter.rebind()),
    upload: () => list.forEach((parameter) => parameter.upload()),
    snapshot: (wanted) => snapshotOf(list, wanted),
    restore: (snapshot) => {
      list.forEach((parameter) => expectIn(snapshot, parameter));
      list.forEach((parameter) => restore(parameter, snapshot));
    },
    dispose: () => {
      list.forEach((parameter) => parameter.release());
      if (!options.arena) arena.dispose();
    },
  };
}

/** All that training changes in a model: its trainable weights, and the variables of transforms that train. */
export function trainedOf(model: tf.LayersModel): Trained[] {
  const weights = weightsOf(model).filter(({ trainable }) => trainable);
  return [
    ...weights.map((weight) => ({ ...maskable(model, weight), decay: weight.rank >= 2, rateFactor: 1 })),
    ...trainablesOf(model),
  ];
}

/**
 * @throws UserError if something of the model would be trained that the parameters do not have: it became trainable, or a transform
 *   that trains was attached, after they were made.
 */
export function expectAllTrained(model: tf.LayersModel, { list }: Parameters): void {
  const known = new Set(list.map(({ variable }) => variable));
  const stray = trainedOf(model).find(({ variable }) => !known.has(variable));
  if (!stray) return;
  throw new UserError(
    `Expected parameters of all that is trained in "${model.name}", but "${stray.path}" is not among them; make them with ` +
      'parametersOf(model, …) after everything is attached and trainable.',
  );
}

function snapshotOf(list: readonly OwnParameter[], { slots = false }: SnapshotOptions = {}): Snapshot {
  list.forEach((parameter) => parameter.rebind());
  return {
    weights: new Map(list.map(({ path, weights }) => [path, weights.slice()])),
    ...(slots ? { slots: new Map(list.map((parameter) => [parameter.path, copyOfSlots(parameter)])) } : {}),
  };
}

function copyOfSlots({ slots }: Parameter): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(slots).map(([slot, values]) => [slot, values.slice()]));
}

function restore(parameter: OwnParameter, snapshot: Snapshot): void {
  parameter.rebind();
  for (const [into, saved] of savedBeside(parameter, snapshot)) into.set(saved!);
  parameter.enforceMask();
  parameter.upload();
}

/** A parameter's arrays, each with what a snapshot has for it. */
function savedBeside(
  { path, weights, slots }: Parameter,
  snapshot: Snapshot,
): (readonly [Float32Array, Float32Array | undefined])[] {
  const saved = snapshot.slots?.get(path);
  const slotsBeside = Object.entries(slots).map(([slot, values]) => [values, saved?.[slot]] as const);
  return [[weights, snapshot.weights.get(path)], ...(snapshot.slots ? slotsBeside : [])];
}

function expectIn(snapshot: Snapshot, parameter: Parameter): void {
  const wrong = savedBeside(parameter, snapshot).find(([into, saved]) => saved?.length !== into.length);
  if (!wrong) return;
  const [into, saved] = wrong;
  throw new UserError(
    `Expected a snapshot of this model with ${into.length} values for "${parameter.path}", got ${saved?.length ?? 'none'}.`,
  );
}
