import { isSameShape } from '../graph';
import { Rule } from './rewrite';

/** A reshape of a reshape is one reshape, or none if it leads back; so matmuls meet the operands that were made for them. */
export const collapseReshape: Rule = (node, { producer, builder }) => {
  if (node.op !== 'Reshape') return undefined;
  const inner = producer(node.inputs[0]!);
  const source = inner?.op === 'Reshape' ? inner.inputs[0]! : node.inputs[0]!;
  const { shape, dtype } = node.output;
  if (isSameShape(source.shape, shape)) return source;
  return inner?.op === 'Reshape'
    ? builder.node('Reshape', [source, node.inputs[1]!], shape, dtype)
    : undefined;
};
