import type { Node, Value } from '../../../compile/graph';
import { reshape } from '../../../compile/reshape';
import type { Context, Rule } from '../../../compile/passes/rewrite';

/** What activations a dense layer has: each number on its own. */
const ELEMENTWISE = new Set([
  'Relu',
  'LeakyRelu',
  'Elu',
  'Selu',
  'Sigmoid',
  'Softplus',
  'Tanh',
  'Gelu',
  'Erf',
]);

/**
 * Regroups leading axes after what treats every row alike: `op(Reshape(x))` is `Reshape(op(x))` where the reshape keeps the last axis
 * and `op` is a product with a matrix, the sum with a vector, or an activation. tfjs multiplies matrices only, and reshapes what it
 * is given before and after; so both reshapes meet, and nothing is left of them: `MatMul` of [batch, time, width] with [width, units].
 */
export const lateReshape: Rule = (node, context) => collapse(node, context) ?? delay(node, context);

/** A reshape of a reshape is one reshape, or none if it leads back. */
function collapse({ op, inputs: [x], output }: Node, context: Context): Value | undefined {
  return op === 'Reshape' && beforeReshape(x!, context) ? shaped(x!, output.shape, context) : undefined;
}

function delay(node: Node, context: Context): Value | undefined {
  const [regrouped, ...others] = node.inputs as [Value, ...Value[]];
  const before = beforeReshape(regrouped, context);
  if (!before || !keepsRows(before, regrouped) || !isRowWise(node)) return undefined;
  const width = node.output.shape.at(-1)!;
  const output: Value = { ...node.output, shape: [...before.shape.slice(0, -1), width] };
  const operands = node.op === 'Add' ? others.map((other) => flat(other, context)) : others;
  context.builder.append({ ...node, inputs: [before, ...operands], output });
  return shaped(output, node.output.shape, context);
}

function beforeReshape(x: Value, { producer }: Context): Value | undefined {
  const node = producer(x);
  return node?.op === 'Reshape' ? node.inputs[0] : undefined;
}

function shaped(x: Value, shape: readonly number[], context: Context): Value {
  return reshape(context.builder, beforeReshape(x, context) ?? x, shape);
}

function keepsRows(before: Value, after: Value): boolean {
  const isMatrix = before.shape.length > 1 && after.shape.length > 1;
  return isMatrix && before.shape.at(-1) === after.shape.at(-1);
}

function isRowWise({ op, inputs: [x, other], output }: Node): boolean {
  if (op === 'MatMul') return x!.shape.length === 2 && other!.shape.length === 2;
  if (op === 'Add') return isVector(other!) && output.shape.length === x!.shape.length;
  return ELEMENTWISE.has(op);
}

/** Whether a value runs along the last axis alone. */
const isVector = ({ shape }: Value): boolean => shape.slice(0, -1).every((size) => size === 1);

/** A vector as such, whatever axes of length 1 it had to fit. */
const flat = (x: Value, context: Context): Value => shaped(x, x.shape.slice(-1), context);
