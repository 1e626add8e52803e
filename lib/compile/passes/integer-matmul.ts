import type { GraphBuilder } from '../builder';
import { Node, Value } from '../graph';
import { Context, Rule } from './rewrite';
import { ZERO } from './unsigned-codes';

/** Operators that give on some of their first input's values as they are. */
const MOVES = new Set(['Reshape', 'Slice']);

/**
 * Moves a reshape or a slice in front of the dequantization that feeds it, so that the codes reach the matmul:
 * `Reshape(DequantizeLinear(q))` is `DequantizeLinear(Reshape(q))` when one scale serves the whole tensor.
 */
export const hoistMoves: Rule = (node, { producer, builder }) => {
  if (!MOVES.has(node.op)) return undefined;
  const [moved, ...how] = node.inputs as [Value, ...Value[]];
  const dequantized = producer(moved);
  if (dequantized?.op !== 'DequantizeLinear' || dequantized.inputs[1]!.shape.length > 0) return undefined;
  const [codes, ...parameters] = dequantized.inputs as [Value, ...Value[]];
  const { attributes, output } = node;
  const result = builder.node(node.op, [codes, ...how], output.shape, codes.dtype, { attributes });
  return builder.node('DequantizeLinear', [result, ...parameters], output.shape, 'float32');
};

/**
 * `MatMul` of dequantized activations (uint8, one scale) and dequantized weights (int8, or uint8 where `unsignedCodes` made
 * them so; a scale per column) is a matmul of their codes: exact int32 sums, scaled once. onnxruntime has this rewrite too, but not where the dequantized operands are
 * used a second time, as the backward pass of training does.
 */
export const integerMatmul: Rule = (node, context) => {
  if (!isIntegerProduct(node, context)) return undefined;
  const [a, b] = node.inputs.map((value) => context.producer(value));
  const [x, xScale, xZero] = a!.inputs as [Value, Value, Value];
  const [w, wScale] = b!.inputs as [Value, Value];
  const { builder } = context;
  const wZero = w.dtype === 'uint8' ? [builder.scalar(ZERO, 'uint8')] : [];
  const operands = [x, w, xScale, wScale, xZero, ...wZero];
  return builder.node('MatMulIntegerToFloat', operands, node.output.shape, 'float32', {
    domain: 'com.microsoft',
  });
};

/** Whether a node multiplies dequantized activations with dequantized weights. */
export function isIntegerProduct(node: Node, { producer, builder }: Context): boolean {
  if (node.op !== 'MatMul') return false;
  const [a, b] = node.inputs.map((value) => producer(value));
  return isActivation(a) && isWeight(b, builder);
}

const isActivation = (node: Node | undefined): boolean =>
  node?.op === 'DequantizeLinear' && node.inputs[0]!.dtype === 'uint8' && node.inputs.length === 3;

const isWeight = (node: Node | undefined, builder: GraphBuilder): boolean =>
  node?.op === 'DequantizeLinear' &&
  isSymmetric(node, builder) &&
  node.inputs[0]!.shape.length === 2 &&
  node.inputs[1]!.shape.length === 1 &&
  node.attributes.axis === 1;

/** Whether the zero point of a dequantization's codes is the middle of their type. */
export function isSymmetric({ inputs: [codes, , zero] }: Node, builder: GraphBuilder): boolean {
  if (codes!.dtype === 'int8') return !zero;
  const zeros = zero && (builder.dataOf(zero) as Uint8Array | undefined);
  return codes!.dtype === 'uint8' && Boolean(zeros?.every((code) => code === ZERO));
}
