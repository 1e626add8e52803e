import * as tf from '@tensorflow/tfjs';
import { UserError } from './errors';
import { heldBy } from './held-layers';

export { isModel } from './held-layers';

/**
 * Every layer of a model, the model itself first, each once, in the order in which they were added: those of nested models,
 * and those inside wrappers, recurrent layers and a user's own layers, after what holds them.
 *
 * @throws UserError for a layer that another copy of tfjs made.
 */
export function layersOf(model: tf.layers.Layer): tf.layers.Layer[] {
  const found = new Set<tf.layers.Layer>();
  const visit = (layer: tf.layers.Layer): void => {
    if (found.has(layer)) return;
    expectOurTfjs(layer);
    found.add(layer);
    heldBy(layer).forEach((held) => visit(held.layer));
  };
  visit(model);
  return [...found];
}

/**
 * Two copies of tfjs in one process have classes of their own, so that nothing that one made is a layer to the other.
 *
 * @throws UserError for a layer, or a model, that another copy made.
 */
export function expectOurTfjs(layer: tf.layers.Layer): void {
  if (layer instanceof tf.layers.Layer) return;
  const { name } = layer as { readonly name?: unknown };
  throw new UserError(
    `Expected layers of the @tensorflow/tfjs that this library imports, ${tf.version.tfjs}, got "${String(name)}" of another copy: ` +
      '`npm ls @tensorflow/tfjs` shows both; let the program depend on one version, and run npm dedupe.',
  );
}
