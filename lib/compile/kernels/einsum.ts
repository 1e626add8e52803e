import * as tf from '@tensorflow/tfjs';
import { Mapping } from './kernel';
import { upcast } from './slicing';

/** Sums of products by Einstein's convention; tfjs has no gradient of it. */
export const einsum: Record<string, Mapping> = {
  Einsum: (inputs, attrs, graph) => {
    const equation = attrs.get<string>('equation').replace(/\s/g, '');
    const xs = upcast(graph, Object.values(inputs));
    const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, xs.length);
    tf.backend_util.checkEinsumDimSizes(
      allDims.length,
      idDims,
      xs.map(({ shape }) => ({ shape: [...shape] }) as tf.Tensor),
    );
    const sizes = new Map(
      idDims.flatMap((dims, i) => dims.map((dim, axis) => [allDims[dim]!, xs[i]!.shape[axis]!] as const)),
    );
    const shape = [...equation.split('->')[1]!].map((letter) => sizes.get(letter)!);
    return graph.node('Einsum', xs, shape, xs[0]!.dtype, { attributes: { equation } });
  },
};
