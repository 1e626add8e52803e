import * as tf from '@tensorflow/tfjs';
import { bertConfigOf } from './bert-config-of';
import { truncatedNormal } from './initializer';
import { gelu } from './layers/gelu';
import { layerNorm } from './layers/layer-norm';
import { pickPlaces } from './layers/pick-places';
import { tiedDecoder } from './layers/tied-decoder';

/**
 * A BERT that guesses hidden words (Devlin et al. 2018, arXiv:1810.04805): the encoder of a classifier, and in place of the
 * classifier `norm(gelu(dense(x)))` at some places, scored against the token embeddings. All layers but those of the new head
 * are the classifier's own: training one trains the other, and the classifier is what is saved for fine-tuning.
 *
 * Inputs: those of the classifier, and `places`, int32 [batch, slots]. Output: logits [batch, slots, vocabSize]. New weights:
 * `words/{dense,norm}/…`, `words/decoder/bias`.
 *
 * @param classifier a model built by `bert`; it stays the caller's.
 * @throws UserError for any other model.
 *
 * @example
 * const classifier = bert({ ...bertSizes.tiny, vocabSize: 8000 });
 * await train({ model: maskedLanguageModel(classifier), loss: hiddenWordsCrossEntropy, … });
 */
export function maskedLanguageModel(classifier: tf.LayersModel): tf.LayersModel {
  const { layers, embeddingSize, epsilon, initializerRange: stddev, seed } = bertConfigOf(classifier);
  const apply = (layer: tf.layers.Layer, ...inputs: tf.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as tf.SymbolicTensor;
  const places = tf.input({ name: 'places', shape: [null], dtype: 'int32' });
  const hidden = classifier.getLayer(`encoder/${layers - 1}/ffn/norm`).output as tf.SymbolicTensor;
  const picked = apply(pickPlaces({ name: 'words/places' }), hidden, places);
  const kernelInitializer = truncatedNormal({ stddev, seed, path: 'words/dense/kernel' });
  const dense = tf.layers.dense({ name: 'words/dense', units: embeddingSize, kernelInitializer });
  const active = apply(gelu({ name: 'words/gelu' }), apply(dense, picked));
  const normal = apply(layerNorm({ name: 'words/norm', epsilon }), active);
  const logits = apply(tiedDecoder({ name: 'words/decoder', table: 'embeddings/token' }), normal);
  return tf.model({ name: 'words', inputs: [...classifier.inputs, places], outputs: logits });
}
