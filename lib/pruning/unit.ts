import { UserError } from '../core/errors';

/** Places `from` up to `to` along an axis of a weight. */
export interface Slice {
  /** Of the weight. */
  readonly path: string;
  /** Of its shape, from 0. */
  readonly axis: number;
  /** The first place that goes. */
  readonly from: number;
  /** The first one after it that stays. */
  readonly to: number;
}

/** What goes or stays together, such as a head or a neuron: slices of several weights. */
export interface Unit {
  /** For error messages: `encoder/0/attention head 3`. */
  readonly name: string;
  /** Of several units that overlap each place goes once. */
  readonly slices: readonly Slice[];
}

/** Values of a weight, row-major. */
export interface Values {
  /** The product is `data.length`. */
  readonly shape: readonly number[];
  /** Not written to. */
  readonly data: Float32Array;
}

/**
 * Cuts units out of weights: what is left, smaller, for a model that was built without them. Weights that no unit has a slice of stay.
 *
 * @throws UserError for slices that are not within their weight.
 *
 * @example withoutUnits(new Map([['up/bias', { shape: [3], data: Float32Array.of(1, 2, 3) }]]),
 *   [{ name: 'neuron 1', slices: [{ path: 'up/bias', axis: 0, from: 1, to: 2 }] }]); // 1, 3
 */
export function withoutUnits(
  weights: ReadonlyMap<string, Values>,
  units: readonly Unit[],
): Map<string, Values> {
  const slices = units.flatMap((unit) => unit.slices);
  slices.forEach((slice) => expectWithin(slice, weights.get(slice.path)?.shape));
  return new Map(
    [...weights].map(([path, values]) => [
      path,
      withoutSlices(
        values,
        slices.filter((each) => each.path === path),
      ),
    ]),
  );
}

function withoutSlices(values: Values, slices: readonly Slice[]): Values {
  return values.shape.reduce<Values>((left, size, axis) => {
    const cut = slices.filter((slice) => slice.axis === axis);
    const isKept = (place: number) => cut.every(({ from, to }) => place < from || place >= to);
    return along(left, axis, Array.from({ length: size }, (_, place) => place).filter(isKept));
  }, values);
}

/** The values at some places of an axis. */
function along({ shape, data }: Values, axis: number, places: readonly number[]): Values {
  const size = shape[axis]!;
  if (places.length === size) return { shape, data };
  const inner = shape.slice(axis + 1).reduce((product, each) => product * each, 1);
  const outer = data.length / (size * inner);
  const kept = new Float32Array(outer * places.length * inner);
  for (let row = 0; row < outer; row++) {
    places.forEach((place, i) => {
      const from = (row * size + place) * inner;
      kept.set(data.subarray(from, from + inner), (row * places.length + i) * inner);
    });
  }
  return { shape: shape.map((each, i) => (i === axis ? places.length : each)), data: kept };
}

function expectWithin({ path, axis, from, to }: Slice, shape: readonly number[] | undefined): void {
  const size = shape?.[axis];
  const isWhole = [from, to].every(Number.isInteger);
  if (size !== undefined && isWhole && from >= 0 && from < to && to <= size) return;
  throw new UserError(
    `Expected a slice of "${path}" within [${shape?.join(', ') ?? 'nothing: there is no such weight'}], got ${from} to ${to} of axis ${axis}.`,
  );
}
