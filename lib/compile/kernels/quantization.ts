import { DEQUANTIZE, DERIVED, DerivedInput } from '../../core/derived';
import { GraphBuilder } from '../builder';
import { DataType, Value } from '../graph';
import { input, Mapping } from './kernel';
import { cast } from './shape';

function scaleValue(graph: GraphBuilder, scale: number | DerivedInput): Value {
  return typeof scale === 'number' ? graph.scalar(scale) : graph.derived(scale);
}

/** Kernels without a tfjs counterpart: raw buffers, and integer codes that tfjs has no dtype for. */
export const quantization: Record<string, Mapping> = {
  [DEQUANTIZE]: (_, attrs, graph) => {
    const codes = graph.derived(attrs.get<DerivedInput>('codes'));
    const scale = scaleValue(graph, attrs.get<number | DerivedInput>('scale'));
    const attributes: Record<string, number> =
      scale.shape.length > 0 ? { axis: attrs.get<number>('axis') } : {};
    return graph.node('DequantizeLinear', [codes, scale], codes.shape, 'float32', { attributes });
  },
  [DERIVED]: (_, attrs, graph) => graph.derived(attrs.get<DerivedInput>('input')),
  /** Rounded to numbers of 16 bits. */
  WhittleRoundToHalf: (inputs, attrs, graph) =>
    cast(graph, cast(graph, input(inputs, 'x'), attrs.get<DataType>('dtype')), 'float32'),
  /** `scale · (clip(round(x / scale) + zeroPoint) - zeroPoint)` with codes of the attribute's dtype. */
  WhittleQuantizeDequantize: (inputs, attrs, graph) => {
    const [x, scale] = [input(inputs, 'x'), input(inputs, 'scale')];
    const dtype = attrs.get<DataType>('dtype');
    const zeroPoint = cast(graph, input(inputs, 'zeroPoint'), dtype);
    const codes = graph.node('QuantizeLinear', [x, scale, zeroPoint], x.shape, dtype);
    return graph.node('DequantizeLinear', [codes, scale, zeroPoint], x.shape, 'float32');
  },
  /** The same with the tensor's own range, in uint8. */
  WhittleDynamicQuantize: (inputs, _, graph) => {
    const x = input(inputs, 'x');
    const output = (slot: number, shape: readonly number[], dtype: DataType) =>
      graph.node('DynamicQuantizeLinear', [x], shape, dtype, { slot });
    const parts = [output(0, x.shape, 'uint8'), output(1, [], 'float32'), output(2, [], 'uint8')];
    return graph.node('DequantizeLinear', parts, x.shape, 'float32');
  },
};
