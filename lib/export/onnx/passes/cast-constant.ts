import type { Rule } from '../../../compile/passes/rewrite';

/** A number that is cast when the program runs, as a quantizer's zero point is, is a constant of that type. */
export const castConstant: Rule = ({ op, inputs, output }, { builder }) => {
  const number = op === 'Cast' && output.shape.length === 0 ? builder.dataOf(inputs[0]!)?.[0] : undefined;
  const isWhole = number !== undefined && Number.isSafeInteger(Number(number));
  return isWhole && output.dtype !== 'bool' ? builder.scalar(Number(number), output.dtype) : undefined;
};
