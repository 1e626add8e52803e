import type * as tf from '@tensorflow/tfjs';

type Layer = tf.layers.Layer;

/** Settings that stock layers leave out of their config, by class. */
const FORGOTTEN: Readonly<Record<string, readonly string[]>> = { SeparableConv2D: ['depthMultiplier'] };

/** The settings that a layer's `getConfig` leaves out, although its class takes them; none of most layers. */
export function forgottenSettings(layer: Layer): Readonly<Record<string, tf.serialization.ConfigDictValue>> {
  const names = FORGOTTEN[layer.getClassName()] ?? [];
  return Object.fromEntries(
    names.map((name) => [name, layer[name as keyof Layer] as tf.serialization.ConfigDictValue]),
  );
}

/** What `body` gives while the config of every one of these layers is whole. */
export function withWholeConfigs<T>(layers: readonly Layer[], body: () => T): T {
  const forgetful = layers.filter((layer) => Object.keys(forgottenSettings(layer)).length > 0);
  for (const layer of forgetful) {
    const own = layer.getConfig.bind(layer);
    layer.getConfig = () => ({ ...own(), ...forgottenSettings(layer) });
  }
  try {
    return body();
  } finally {
    for (const layer of forgetful) delete (layer as Partial<Layer>).getConfig;
  }
}
