import { Graph } from '../graph';
import { clip } from './clip';
import { collapseReshape } from './collapse-reshape';
import { commonSubexpressions } from './common-subexpressions';
import { deadCode } from './dead-code';
import { floatCodes, plainRound } from './float-codes';
import { hoistMoves, integerMatmul } from './integer-matmul';
import { plainMatmul } from './plain-matmul';
import { firstOf, rewrite } from './rewrite';
import { scaleColumns } from './scale-columns';
import { lowerSegmentSum, RowOutput, rowOutputs } from './segment-sum';
import { sliceMerged, splitSlices } from './split-slices';
import { subtract } from './subtract';
import { sumsOfProducts } from './sums-of-products';
import { turnOperand } from './turn-operand';
import { unsignedCodes } from './unsigned-codes';
import { withinBounds } from './within-bounds';

/**
 * How quantized matmuls are computed: on their codes, weights of 8 bits as int8 or moved to uint8, or in floats that stand for the codes.
 */
export type IntegerPath = 'int8' | 'uint8' | 'simulated';

/** How a graph is optimized. */
export interface PassOptions {
  /** How to multiply where a matmul's operands are dequantized. */
  readonly integerPath: IntegerPath;
  /** onnxruntime's execution provider, whose kernels differ. */
  readonly provider: string;
}

/** Rewrites for the kernels that a provider has: one without a kernel is left to the processor, and waits for it. */
const FOR: Readonly<Record<string, (graph: Graph) => Graph>> = {
  cpu: (graph) => splitSlices(rewrite(graph, firstOf(sliceMerged(graph), turnOperand, scaleColumns))),
  webgpu: (graph) => [plainMatmul, floatCodes, plainRound, scaleColumns].reduce(rewrite, graph),
};

/** A traced graph made ready to run: smaller, in plain ONNX operators, its row gradients taken out. */
export function optimize(traced: Graph, options: PassOptions): { graph: Graph; plan: readonly RowOutput[] } {
  const { graph: split, plan } = rowOutputs(commonSubexpressions(rewrite(deadCode(traced), collapseReshape)));
  let graph = rewrite(split, firstOf(lowerSegmentSum, clip, withinBounds, subtract));
  if (options.integerPath === 'uint8') graph = rewrite(graph, unsignedCodes());
  if (options.integerPath !== 'simulated')
    graph = rewrite(commonSubexpressions(rewrite(graph, hoistMoves)), integerMatmul);
  graph = sumsOfProducts(graph);
  graph = FOR[options.provider]?.(graph) ?? rewrite(graph, scaleColumns);
  return { graph: deadCode(commonSubexpressions(graph)), plan };
}
