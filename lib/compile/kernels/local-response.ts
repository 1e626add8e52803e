import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { Attrs, input, Mapping } from './kernel';

/** For each channel the sum over those at most `radius` away, as a product with a band of ones: `[…, channels]`. */
function sumAround(graph: GraphBuilder, x: Value, radius: number): Value {
  const channels = x.shape.at(-1)!;
  const band = Float32Array.from({ length: channels * channels }, (_, i) =>
    Number(Math.abs(Math.floor(i / channels) - (i % channels)) <= radius),
  );
  return graph.node('MatMul', [x, graph.constant(band, [channels, channels], 'float32')], x.shape, x.dtype);
}

const apply = (graph: GraphBuilder, op: string, a: Value, b: Value): Value =>
  graph.node(op, [a, b], a.shape, a.dtype);

/** `bias + alpha · Σ x²` over the channels around each. */
function energy(graph: GraphBuilder, x: Value, attrs: Attrs): Value {
  const sum = sumAround(graph, apply(graph, 'Mul', x, x), attrs.get<number>('depthRadius'));
  const scaled = apply(graph, 'Mul', sum, graph.scalar(attrs.get<number>('alpha')));
  return apply(graph, 'Add', scaled, graph.scalar(attrs.get<number>('bias')));
}

/** Local response normalization over channels (Krizhevsky et al. 2012): `x · energy^-beta`, and its gradient. */
export const localResponse: Record<string, Mapping> = {
  LRN: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const gain = apply(graph, 'Pow', energy(graph, x, attrs), graph.scalar(-attrs.get<number>('beta')));
    return apply(graph, 'Mul', x, gain);
  },
  // dy · energy^-beta - 2 · alpha · beta · x · Σ dy · y / energy.
  LRNGrad: (inputs, attrs, graph) => {
    const [x, y, dy] = [input(inputs, 'x'), input(inputs, 'y'), input(inputs, 'dy')];
    const [alpha, beta] = [attrs.get<number>('alpha'), attrs.get<number>('beta')];
    const divisor = energy(graph, x, attrs);
    const gain = apply(graph, 'Pow', divisor, graph.scalar(-beta));
    const share = apply(graph, 'Div', apply(graph, 'Mul', dy, y), divisor);
    const around = sumAround(graph, share, attrs.get<number>('depthRadius'));
    const pull = apply(graph, 'Mul', apply(graph, 'Mul', x, around), graph.scalar(2 * alpha * beta));
    return apply(graph, 'Sub', apply(graph, 'Mul', dy, gain), pull);
  },
};
