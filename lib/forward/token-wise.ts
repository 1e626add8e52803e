import type * as tf from '@tensorflow/tfjs';
import { attachedTo, Pass, Transform } from '../core/attach';
import { factsOf } from '../core/facts-of';

/**
 * Where a model may go on with the first token alone, because nothing else is read of what follows: each layer, and the places of
 * its inputs to be cut.
 *
 * A BERT classifier reads the first token of its last layer. So that layer's queries, feed-forward network and all between are
 * needed for one token only; keys and values, and all earlier layers, for every token. A layer with something attached to its
 * input that needs it whole (an observer that watches, which may share what it saw with other layers) has it whole.
 *
 * @param outputs of the model.
 */
export function firstTokenCuts(
  outputs: readonly tf.SymbolicTensor[],
  pass: Pass,
): ReadonlyMap<tf.layers.Layer, readonly number[]> {
  const tensors = upstreamOf(outputs);
  const wanted = readAtFirstToken(tensors, outputs);
  const cuts = new Map<tf.layers.Layer, readonly number[]>();
  const narrow = new Set<tf.SymbolicTensor>();
  for (const tensor of tensors) {
    const { sourceLayer: layer, inputs } = tensor;
    if (!wanted.has(tensor) || tokenWise(layer) === 0) continue;
    const cut = inputs.flatMap((input, i) => (i < tokenWise(layer) && !narrow.has(input) ? [i] : []));
    if (cut.length > 0 && needsWhole(layer, pass)) continue;
    narrow.add(tensor);
    if (cut.length > 0) cuts.set(layer, cut);
  }
  return cuts;
}

/** Whether something at the layer's input must see all of it. */
function needsWhole(layer: tf.layers.Layer, pass: Pass): boolean {
  return atInputOf(layer).some(({ elementwise }) => pass !== 'inference' || !elementwise);
}

function atInputOf(layer: tf.layers.Layer): Transform[] {
  return attachedTo(layer).flatMap(({ target, transform }) => (target === 'input' ? [transform] : []));
}

/** All that the outputs depend on, inputs before what is made of them. */
function upstreamOf(outputs: readonly tf.SymbolicTensor[]): tf.SymbolicTensor[] {
  const found = new Set<tf.SymbolicTensor>();
  const visit = (tensor: tf.SymbolicTensor): void => {
    if (found.has(tensor)) return;
    tensor.inputs.forEach(visit);
    found.add(tensor);
  };
  outputs.forEach(visit);
  return [...found];
}

/** The tensors of which every reader needs the first token only. */
function readAtFirstToken(
  tensors: readonly tf.SymbolicTensor[],
  outputs: readonly tf.SymbolicTensor[],
): ReadonlySet<tf.SymbolicTensor> {
  const layers = tensors.map(({ sourceLayer }) => sourceLayer);
  // A layer in several places would be patched in all of them.
  const isOnce = (layer: tf.layers.Layer): boolean => layers.indexOf(layer) === layers.lastIndexOf(layer);
  const wanted = new Set(
    tensors.filter(
      (tensor) => tensor.shape.length === 3 && !outputs.includes(tensor) && isOnce(tensor.sourceLayer),
    ),
  );
  for (const reader of [...tensors].reverse()) {
    const layer = reader.sourceLayer;
    const places = wanted.has(reader) ? tokenWise(layer) : 0;
    // What takes all tokens together (the range of a tensor) reads them all.
    const isMixed = atInputOf(layer).some(({ elementwise }) => !elementwise);
    reader.inputs.forEach((input, i) => {
      if (isMixed || (i >= places && !factsOf(layer)?.readsFirstToken)) wanted.delete(input);
    });
  }
  return wanted;
}

function tokenWise(layer: tf.layers.Layer): number {
  return factsOf(layer)?.tokenWise ?? 0;
}
