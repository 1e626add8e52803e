import { Graph } from '../graph';
import { clip } from './clip';
import { collapseReshape } from './collapse-reshape';
import { commonSubexpressions } from './common-subexpressions';
import { deadCode } from './dead-code';
import { hoistReshape, integerMatmul } from './integer-matmul';
import { rewrite } from './rewrite';
import { lowerSegmentSum, RowOutput, rowOutputs } from './segment-sum';

/** How a graph is optimized. */
export interface PassOptions {
  /** Multiply int8 codes as integers where a matmul's operands are dequantized. */
  readonly integerMatmul: boolean;
}

/** A traced graph made ready to run: smaller, in plain ONNX operators, its row gradients taken out. */
export function optimize(traced: Graph, options: PassOptions): { graph: Graph; plan: readonly RowOutput[] } {
  const { graph: split, plan } = rowOutputs(commonSubexpressions(rewrite(deadCode(traced), collapseReshape)));
  let graph = rewrite(rewrite(split, lowerSegmentSum), clip);
  if (options.integerMatmul)
    graph = rewrite(commonSubexpressions(rewrite(graph, hoistReshape)), integerMatmul);
  return { graph: deadCode(commonSubexpressions(graph)), plan };
}
