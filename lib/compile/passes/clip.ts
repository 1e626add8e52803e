import { Node, Value } from '../graph';
import { Context, Rule } from './rewrite';

/** `Min(Max(x, low), high)` with scalar bounds is one `Clip`: one pass over memory instead of two. */
export const clip: Rule = (node, context) => {
  if (node.op !== 'Min') return undefined;
  const [inner, high] = node.inputs as [Value, Value];
  const max = context.producer(inner);
  if (max?.op !== 'Max' || !isScalar(high) || !isScalar(max.inputs[1]!)) return undefined;
  return clipped(node, max, context);
};

function clipped(min: Node, max: Node, { builder }: Context): Value {
  const [x, low] = max.inputs as [Value, Value];
  return builder.node('Clip', [x, low, min.inputs[1]!], x.shape, x.dtype);
}

const isScalar = (value: Value): boolean => value.shape.length === 0;
