import * as tf from '@tensorflow/tfjs';
import { attachedWeights, passOf, scoped } from './attach';
import { repeats } from './held-layers';
import { layersOf } from './layers';
import { holdRead, restore } from './shadow';

type Call = tf.layers.Layer['call'];

/**
 * From now on, whatever is attached to weights inside of layers that apply what they hold at every step of time (recurrent layers,
 * `timeDistributed`) makes effective weights once per call of those layers rather than at every step.
 *
 * @returns how to undo it.
 */
export function computeOncePerCall(model: tf.LayersModel): () => void {
  const undo = layersOf(model).filter(repeats).map(patchCall);
  return () => undo.forEach((each) => each());
}

function patchCall(holder: tf.layers.Layer): () => void {
  const own = Object.getOwnPropertyDescriptor(holder, 'call');
  const original = holder.call;
  const patched: Call = (inputs, kwargs) =>
    scoped(() => {
      const undo = holdWeights(holder, kwargs);
      try {
        return original.call(holder, inputs, kwargs);
      } finally {
        undo();
      }
    });
  holder.call = patched;
  return () => {
    if (holder.call === patched) restore(holder, 'call', own);
  };
}

/** Of weights that several layers compute with, each by its own transforms, none is held. */
function holdWeights(holder: tf.layers.Layer, kwargs: Parameters<Call>[1]): () => void {
  const pass = passOf(kwargs);
  const attached = layersOf(holder).flatMap((layer) => (layer === holder ? [] : attachedWeights(layer)));
  const alone = attached.filter(
    ({ weight }) => attached.filter((other) => other.weight === weight).length === 1,
  );
  const undo: (() => void)[] = [];
  const undoAll = (): void => undo.splice(0).forEach((each) => each());
  try {
    for (const { weight, apply } of alone) undo.push(holdRead(weight, (value) => apply(value, pass)));
    return undoAll;
  } catch (error) {
    undoAll();
    throw error;
  }
}
