import * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';
import { isModel, layersOf } from './layers';

/**
 * Applies a model to tensors, in the order of its inputs, and returns its one output, which the caller owns.
 *
 * Unlike `model.apply`, a layer never sees the mask of an earlier one: `LayersModel.execute` writes each mask into the one
 * `kwargs` that all layers get, and leaves it there for layers whose own inputs are not masked.
 *
 * @param training whether dropout and the like are on.
 * @throws UserError if the number of inputs differs or the model has several outputs.
 */
export function forward(model: tf.LayersModel, xs: readonly tf.Tensor[], training: boolean): tf.Tensor {
  if (xs.length !== model.inputs.length || model.outputs.length !== 1) {
    throw new UserError(
      `Expected ${model.inputs.length} input tensor(s) and a model of one output for "${model.name}", ` +
        `got ${xs.length} tensor(s) and ${model.outputs.length} output(s).`,
    );
  }
  const layers = new Set(
    layersOf(model)
      .filter(isModel)
      .flatMap((container) => container.layers),
  );
  const restore = [...layers].map(clearMaskAfterCall);
  try {
    return tf.tidy(() => model.apply([...xs], { training }) as tf.Tensor);
  } finally {
    restore.forEach((undo) => undo());
  }
}

function clearMaskAfterCall(layer: tf.layers.Layer): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, 'call');
  const { call } = layer;
  layer.call = (inputs, kwargs) => {
    try {
      return call.call(layer, inputs, kwargs);
    } finally {
      delete kwargs['mask'];
    }
  };
  return () => {
    if (own) Object.defineProperty(layer, 'call', own);
    else delete (layer as Partial<Pick<tf.layers.Layer, 'call'>>).call;
  };
}
