import { Value } from '../graph';
import { Rule } from './rewrite';

/** `a + (−b)` is `a − b`, bit for bit: the gradient of a difference, and `1 − z` as tfjs's recurrent cells write it. */
export const subtract: Rule = ({ op, inputs, output }, { builder, producer }) => {
  if (op !== 'Add') return undefined;
  const [a, b] = inputs as [Value, Value];
  const [negatedA, negatedB] = [a, b].map((value) =>
    producer(value)?.op === 'Neg' ? producer(value) : undefined,
  );
  if (negatedB) return builder.node('Sub', [a, negatedB.inputs[0]!], output.shape, output.dtype);
  return negatedA && builder.node('Sub', [b, negatedA.inputs[0]!], output.shape, output.dtype);
};
