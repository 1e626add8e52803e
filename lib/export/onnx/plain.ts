import { Graph } from '../../compile/graph';
import { clip } from '../../compile/passes/clip';
import { collapseReshape } from '../../compile/passes/collapse-reshape';
import { commonSubexpressions } from '../../compile/passes/common-subexpressions';
import { deadCode } from '../../compile/passes/dead-code';
import { plainMatmul } from '../../compile/passes/plain-matmul';
import { rewrite } from '../../compile/passes/rewrite';
import { lowerSegmentSum } from '../../compile/passes/segment-sum';
import { castConstant } from './passes/cast-constant';
import { lateReshape } from './passes/late-reshape';
import { lateScale } from './passes/late-scale';

/** A traced graph made smaller, in operators of ONNX's own, which every runtime has, and in the form that runtimes look for. */
export function plainOnnx(traced: Graph): Graph {
  const rules = [collapseReshape, lowerSegmentSum, clip, plainMatmul, lateReshape, lateScale, castConstant];
  return deadCode(commonSubexpressions(rules.reduce(rewrite, deadCode(traced))));
}
