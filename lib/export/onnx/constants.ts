import { dataOf, GraphBuilder } from '../../compile/builder';
import { Data, Value } from '../../compile/graph';
import { reshape } from '../../compile/reshape';
import { cast } from '../../compile/kernels/shape';
import { AxisSource, sizeVector } from './size-nodes';
import { fit, isFixed, Probe, sameSize, Size } from './sizes';

/** What one place of a program holds in each of the traces of a probe. */
export interface Held {
  readonly values: readonly Value[];
  readonly data: readonly Data[];
}

/** Where sizes are written, and from what. */
export interface SizeContext {
  readonly builder: GraphBuilder;
  readonly probe: Probe;
  readonly sources: readonly AxisSource[];
}

/** The sizes of each axis of a value, undefined if one follows no formula. */
export function shapeSizes(values: readonly Value[], probe: Probe): Size[] | undefined {
  const { shape } = values[0]!;
  if (values.some((value) => value.shape.length !== shape.length)) return undefined;
  return all(
    shape.map((_, axis) =>
      fit(
        probe,
        values.map((value) => value.shape[axis]!),
      ),
    ),
  );
}

/**
 * A constant that depends on the free axes, as a value computed from them: numbers that follow a formula, one number repeated
 * (`tf.zeros`), or one after the other (`tf.range`). Undefined for anything else.
 */
export function liftConstant(held: Held, context: SizeContext): Value | undefined {
  return numbers(held, context) ?? repeated(held, context) ?? sequence(held, context);
}

/** A few whole numbers, each a size: a shape, or an average's divisor. */
function numbers({ values, data }: Held, { builder, probe, sources }: SizeContext): Value | undefined {
  const [{ shape, dtype }] = values as [Value];
  const sameShape = values.every((value) => value.shape.join() === shape.join());
  if (!sameShape || shape.length > 1) return undefined;
  const sizes = sizesOf(data, probe);
  if (!sizes || !sizes.flat().every(Number.isSafeInteger)) return undefined;
  return cast(builder, reshape(builder, sizeVector(builder, sizes, sources), shape), dtype);
}

function repeated({ values, data }: Held, { builder, probe, sources }: SizeContext): Value | undefined {
  const [{ shape, dtype }] = values as [Value];
  const first = data[0]?.[0];
  const sizes = shapeSizes(values, probe);
  if (!sizes || first === undefined) return undefined;
  if (!data.every((items) => items.every((item: number | bigint) => Object.is(item, first))))
    return undefined;
  const scalar = builder.scalar(Number(first), dtype);
  return builder.node('Expand', [scalar, sizeVector(builder, sizes, sources)], shape, dtype);
}

/** `start + i · step` */
function sequence({ values, data }: Held, { builder, probe, sources }: SizeContext): Value | undefined {
  const [{ shape, dtype }] = values as [Value];
  const [size] = shapeSizes(values, probe) ?? [];
  const [start, next] = [Number(data[0]?.[0]), Number(data[0]?.[1])];
  const step = next - start;
  const follows = (item: number | bigint, i: number) => Number(item) === start + i * step;
  if (!size || shape.length !== 1 || !data.every((items) => items.every(follows))) return undefined;
  const scalar = (number: number): Value => builder.constant(dataOf([number], 'int64'), [], 'int64');
  const count = reshape(builder, sizeVector(builder, [size], sources), []);
  const places = builder.node('Range', [scalar(0), count, scalar(1)], shape, 'int64');
  const steps = builder.node(
    'Mul',
    [cast(builder, places, dtype), builder.scalar(step, dtype)],
    shape,
    dtype,
  );
  return builder.node('Add', [steps, builder.scalar(start, dtype)], shape, dtype);
}

/**
 * What to reshape to: 0 stands for the size that the operand has at that place, -1 for what is left, and only where that does
 * not do are sizes computed.
 */
export function reshapeTarget(
  operand: readonly Value[],
  { data }: Held,
  context: SizeContext,
): Value | undefined {
  const { builder, probe, sources } = context;
  const sizes = sizesOf(data, probe);
  if (!sizes) return undefined;
  const from = shapeSizes(operand, probe) ?? [];
  const kept = (size: Size, axis: number) => from[axis] !== undefined && sameSize(size, from[axis]!);
  const target = sizes.map((size, axis) => (isFixed(size) ? size[0]! : kept(size, axis) ? 0 : -1));
  const isPlain = target.filter((size) => size === -1).length <= 1;
  const isEmpty = sizes.some((size) => isFixed(size) && size[0] === 0);
  return isPlain && !isEmpty ? builder.ints(target) : sizeVector(builder, sizes, sources);
}

function sizesOf(data: readonly Data[], probe: Probe): Size[] | undefined {
  const places = Array.from({ length: data[0]!.length }, (_, i) => data.map((items) => Number(items[i])));
  return all(places.map((held) => fit(probe, held)));
}

/** A list without gaps, or nothing. */
function all<T>(items: readonly (T | undefined)[]): T[] | undefined {
  return items.every((item) => item !== undefined) ? (items as T[]) : undefined;
}
