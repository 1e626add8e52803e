/**
 * `import 'whittle-tfjs/layers'` registers the layers of this library, and nothing else: for programs, in browsers too, that load a saved BERT
 * or a model with quantized activations by tfjs itself (`tf.loadLayersModel`).
 */
import './lib/models/own-layers';
