import * as tf from '@tensorflow/tfjs';
import { jit } from '../../compile/jit';
import { forward } from '../../forward/forward';
import { HostTensor, hostOf } from '../../core/host-tensor';
import { revisionOf } from '../../core/revision';
import type { Weight } from '../../core/weights';
import type { Subject } from '../measures/measure';

export interface OpenSubject extends Subject {
  dispose(): Promise<void>;
}

/**
 * A model that answers on the compiled engine. Programs read weights, and whether inputs are quantized, when they run: one program for
 * each shape of a batch serves everything that is tried.
 */
export function openSubject(model: tf.LayersModel, weights: readonly Weight[], eager: boolean): OpenSubject {
  const pass = (...xs: tf.Tensor[]) => forward(model, xs, false);
  const program = eager ? undefined : jit(pass, { revision: () => revisionOf(model) });
  return {
    model,
    weights,
    async answer(xs) {
      const inputs = xs.map((x) => (x instanceof tf.Tensor ? x.clone() : tensorOf(x)));
      const output = program ? await program(...inputs) : pass(...inputs);
      const answer = hostOf(output);
      tf.dispose([output, ...inputs]);
      return answer;
    },
    dispose: async () => program?.dispose(),
  };
}

const tensorOf = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data, shape, dtype);
