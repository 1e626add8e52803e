import * as tf from '@tensorflow/tfjs';
import { hostOf, sizeOf } from '../lib/core/host-tensor';
import type { Place } from '../lib/core/places';
import { leaveCopy } from '../lib/core/shared-memory';
import type { MaskKind } from '../lib/pruning/mask';
import { maskKindOf, maskOf, noteMask } from '../lib/pruning/model-masks';
import {
  accumulate,
  addRows,
  applyMask,
  sumOfSquares,
  sumOfSquaresOfRows,
  zeroRows,
} from '../lib/wasm/kernels';
import type { Arena } from '../lib/wasm/memory';

/** What is trained: a weight of a model, or a variable of a transform that is attached to it. */
export interface Trained {
  /** As `weightsOf` names weights, and `trainablesOf` the rest. */
  readonly path: string;
  readonly variable: tf.Variable;
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** What the learning rate is multiplied by. */
  readonly rateFactor: number;
  /** Where layers compute with it: none for a variable of a transform. */
  readonly places?: readonly Place[];
}

/** A trainable weight with its gradient and the optimizer's slots, in one WebAssembly memory. */
export interface Parameter {
  /** As `weightsOf` names it: `encoder/0/attention/query/kernel`. */
  readonly path: string;
  /** What the model computes with; on tfjs's cpu backend its storage is `weights` itself. */
  readonly variable: tf.Variable;
  /** Whether weight decay applies: to weights of rank 2 and more, so to no bias and no layer norm. */
  readonly decay: boolean;
  /** What the learning rate is multiplied by: 1 for a weight. */
  readonly rateFactor: number;
  /**
   * Memory that every step writes: `slice()` what you keep. To write yourself, call `rebind()` of the parameters before, which
   * leaves their values to clones of the variable, and `upload()` after: on the cpu backend the model sees it at once.
   */
  readonly weights: Float32Array;
  /**
   * The sum of the gradients of the step's batches. To read, and for a program that fills all of it at every step; everyone else
   * writes by the methods below, which remember what may not be zero.
   */
  readonly gradient: Float32Array;
  /** The optimizer's memory, by its names: AdamW's `m` and `v`, SGD's `velocity`. */
  readonly slots: Readonly<Record<string, Float32Array>>;
  /**
   * The model's hard mask of this weight, 1 = keep, in row-major order; undefined where there is none. Of a latent one optimizers know
   * nothing: see `maskOf`.
   */
  readonly mask: Uint8Array | undefined;
  /** Fills the gradient: with these values, or with 0. */
  setGradient(values?: Float32Array): void;
  /** Adds to the gradient. */
  addGradient(values: Float32Array): void;
  /** Makes the gradient 0, in time proportional to the rows that were added since it last did. */
  clearGradient(): void;
  /**
   * Adds to rows of the gradient, in order: `gradient[ids[i]] += rows[i]`, as an embedding's gradient comes.
   *
   * @param rows [ids.length, width], where a row is all that follows the weight's first axis.
   * @throws UserError if an id names no row.
   */
  addRows(ids: Int32Array, rows: Float32Array): void;
  /** Σ gradient² over what the mask keeps. */
  squaredNorm(): number;
  /**
   * Gives the model another mask for this weight. If it is hard, the default, the pruned weights and their slots are exactly 0 from now
   * on, after every step of the optimizer, in this training and the next; a latent one leaves them alone, and layers compute as if they were.
   * Undefined lifts the mask; weights that are 0 stay so until they are trained.
   *
   * @param mask a 0 or 1 for each weight, copied.
   * @throws UserError for another length or other values, and for a latent mask of what no layer computes with.
   */
  setMask(mask: Uint8Array | undefined, kind?: MaskKind): void;
}

/** A parameter for those who made it: the parts of the same methods of `Parameters`. */
export interface OwnParameter extends Parameter {
  rebind(): void;
  upload(): void;
  /** Makes what a hard mask prunes, and its slots, 0: after others have written them. */
  enforceMask(): void;
  /** Gives the variable ordinary storage back. */
  release(): void;
}

/** Takes memory from the arena, moves the weight's values there and binds its variable to them. */
export function createParameter(weight: Trained, arena: Arena, slots: readonly string[]): OwnParameter {
  return new BoundParameter(weight, arena, slots);
}

/** Bytes that a parameter takes of an arena, but for padding. */
export function bytesOf({ variable }: Pick<Trained, 'variable'>, slots: readonly string[]): number {
  return variable.size * (4 * (2 + slots.length) + 1);
}

class BoundParameter implements OwnParameter {
  readonly path: string;
  readonly variable: tf.Variable;
  readonly decay: boolean;
  readonly rateFactor: number;
  readonly places: readonly Place[] | undefined;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly slots: Readonly<Record<string, Float32Array>>;
  private readonly maskRoom: Uint8Array;
  /** The model's hard mask that `maskRoom` is a copy of. */
  private knownMask: Uint8Array | undefined;
  /** Rows of the gradient that may not be 0; undefined if any may. */
  private touched: Set<number> | undefined;
  /** The variable's data as it was when it last equalled the weights: another one was assigned by someone else. */
  private known: object;

  constructor(
    { path, variable, decay, rateFactor, places }: Trained,
    arena: Arena,
    slots: readonly string[],
  ) {
    const { size } = variable;
    const views = arena.group([size, size, ...slots.map(() => size), Math.ceil(size / 4)]);
    this.path = path;
    this.variable = variable;
    this.decay = decay;
    this.rateFactor = rateFactor;
    this.places = places;
    this.weights = views[0]!;
    this.gradient = views[1]!;
    this.slots = Object.fromEntries(slots.map((slot, i) => [slot, views[2 + i]!]));
    const room = views.at(-1)!;
    this.maskRoom = new Uint8Array(room.buffer, room.byteOffset, size);
    this.weights.set(variable.dataSync());
    this.known = variable.dataId;
    this.rebind();
  }

  get mask(): Uint8Array | undefined {
    return this.knownMask ? this.maskRoom : undefined;
  }

  setGradient(values?: Float32Array): void {
    if (values) this.gradient.set(values);
    else this.gradient.fill(0);
    this.touched = undefined;
  }

  addGradient(values: Float32Array): void {
    accumulate(this.gradient, values);
    this.touched = undefined;
  }

  clearGradient(): void {
    if (this.touched) zeroRows(this.gradient, this.touched, this.width);
    else this.gradient.fill(0);
    this.touched = new Set();
  }

  addRows(ids: Int32Array, rows: Float32Array): void {
    addRows(this.gradient, ids, rows, this.width);
    if (this.touched) for (const id of ids) this.touched.add(id);
  }

  squaredNorm(): number {
    if (this.touched) return sumOfSquaresOfRows(this.gradient, this.touched, this.width, this.mask);
    return sumOfSquares(this.gradient, this.mask);
  }

  setMask(mask: Uint8Array | undefined, kind?: MaskKind): void {
    noteMask(this, mask, kind);
    this.rebind();
    this.upload();
  }

  rebind(): void {
    const isForeign = this.variable.dataId !== this.known;
    leaveCopy(this.known, this.weights, isForeign ? 0 : 1);
    if (isForeign) this.weights.set(hostOf(this.variable).data as Float32Array);
    if (this.takeMask() || isForeign) this.enforceMask();
    if (tf.getBackend() === 'cpu' && this.variable.dataSync() !== this.weights) this.assign(this.weights);
    this.known = this.variable.dataId;
  }

  /** Copies the model's hard mask to where the kernels read it, if it is another than before. */
  private takeMask(): boolean {
    const isHard = maskKindOf(this.variable) === 'hard';
    const mask = isHard ? maskOf(this.variable) : undefined;
    if (mask === this.knownMask) return false;
    if (mask) this.maskRoom.set(mask);
    this.knownMask = mask;
    return true;
  }

  upload(): void {
    this.rebind();
    // A copy, for a backend may read it only when the variable is first used.
    if (tf.getBackend() !== 'cpu') this.assign(this.weights.slice());
  }

  release(): void {
    if (this.variable.isDisposed) return leaveCopy(this.known, this.weights, 0);
    this.rebind();
    this.assign(this.weights.slice());
  }

  private assign(values: Float32Array): void {
    tf.tidy(() => this.variable.assign(tf.tensor(values, this.variable.shape, 'float32')));
    this.known = this.variable.dataId;
  }

  enforceMask(): void {
    if (!this.mask) return;
    for (const array of [this.weights, ...Object.values(this.slots)]) applyMask(array, this.mask);
  }

  private get width(): number {
    return sizeOf(this.variable.shape.slice(1));
  }
}
