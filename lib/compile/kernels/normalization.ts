import { Value } from '../graph';
import { Attrs, broadcastShape, input, Mapping } from './kernel';
import { GraphBuilder } from '../builder';
import { cast } from './shape';

/**
 * `(x - mean) / √(variance + ε) · scale + offset`, the statistics broadcast over the leading axes; of integers, too, as a float
 * (tfjs's cpu backend cuts it to an integer).
 */
function batchNorm(inputs: Readonly<Record<string, Value>>, attrs: Attrs, graph: GraphBuilder): Value {
  const both = (op: string, a: Value, b: Value): Value =>
    graph.node(op, [a, b], broadcastShape(a, b), a.dtype);
  const variance = both('Add', input(inputs, 'variance'), graph.scalar(attrs.get('varianceEpsilon')));
  const deviation = graph.node('Sqrt', [variance], variance.shape, variance.dtype);
  const { scale, offset } = inputs;
  const gain = both('Div', scale ?? graph.scalar(1), deviation);
  const centred = both('Sub', cast(graph, input(inputs, 'x'), 'float32'), input(inputs, 'mean'));
  const scaled = both('Mul', centred, gain);
  return offset ? both('Add', scaled, offset) : scaled;
}

export const normalization: Record<string, Mapping> = {
  FusedBatchNorm: batchNorm,
  /** Over the last axis: a layer's of ours, as one operator. */
  WhittleLayerNorm: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const operands = [x, input(inputs, 'gamma'), input(inputs, 'beta')];
    const attributes = { axis: -1, epsilon: { float: attrs.get<number>('epsilon') } };
    return graph.node('LayerNormalization', operands, x.shape, x.dtype, { attributes });
  },
};
