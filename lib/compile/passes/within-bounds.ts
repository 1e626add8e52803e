import { Data, Value } from '../graph';
import { Context, Rule } from './rewrite';

/**
 * Whether `low ≤ x ≤ high`, which the gradient of clipping asks, is whether clipping leaves x as it is: `x = Clip(x, low, high)`, one
 * comparison with what the forward pass computed, instead of two and an `And`. NaN is not within, in both.
 */
export const withinBounds: Rule = (node, context) => {
  if (node.op !== 'And') return undefined;
  const [above, below] = node.inputs.map((value) => context.producer(value));
  if (above?.op !== 'GreaterOrEqual' || below?.op !== 'LessOrEqual') return undefined;
  const [x, low] = above.inputs as [Value, Value];
  const [same, high] = below.inputs as [Value, Value];
  if (x !== same || x.dtype !== 'float32' || !isRange(low, high, context)) return undefined;
  const clipped = context.builder.node('Clip', [x, low, high], x.shape, x.dtype);
  return context.builder.node('Equal', [x, clipped], x.shape, 'bool');
};

/** Bounds the wrong way round contain nothing, but clip to the upper one. */
function isRange(low: Value, high: Value, { builder }: Context): boolean {
  const number = (value: Value): number => scalar(value, builder.dataOf(value));
  return number(low) <= number(high);
}

const scalar = ({ shape }: Value, data: Data | undefined): number =>
  shape.length === 0 && data ? Number(data[0]) : NaN;
