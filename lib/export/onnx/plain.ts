import { GraphBuilder } from '../../compile/builder';
import { Graph, Value } from '../../compile/graph';
import { transpose } from '../../compile/kernels/shape';
import { clip } from '../../compile/passes/clip';
import { collapseReshape } from '../../compile/passes/collapse-reshape';
import { commonSubexpressions } from '../../compile/passes/common-subexpressions';
import { deadCode } from '../../compile/passes/dead-code';
import { rewrite, Rule } from '../../compile/passes/rewrite';
import { lowerSegmentSum } from '../../compile/passes/segment-sum';
import { castConstant } from './passes/cast-constant';
import { lateReshape } from './passes/late-reshape';
import { lateScale } from './passes/late-scale';

/** A traced graph made smaller, in operators of ONNX's own, which every runtime has, and in the form that runtimes look for. */
export function plainOnnx(traced: Graph): Graph {
  const rules = [collapseReshape, lowerSegmentSum, clip, plainMatmul, lateReshape, lateScale, castConstant];
  return deadCode(commonSubexpressions(rules.reduce(rewrite, deadCode(traced))));
}

/** onnxruntime's matmul of transposed operands, as a `Transpose` and a `MatMul` (which it fuses again). */
const plainMatmul: Rule = ({ op, inputs, attributes, output }, { builder }) => {
  if (op !== 'FusedMatMul') return undefined;
  const [a, b] = inputs as [Value, Value];
  const operands = [
    attributes['transA'] === 1 ? swapLast(builder, a) : a,
    attributes['transB'] === 1 ? swapLast(builder, b) : b,
  ];
  return builder.node('MatMul', operands, output.shape, output.dtype);
};

function swapLast(builder: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  return transpose(builder, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}
