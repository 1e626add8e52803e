import type * as tf from '@tensorflow/tfjs';
import { HeldLayer, heldBy, isModel } from './held-layers';
import { STOCK } from './stock-facts';

/** Where a layer stands in a model: the names on the way to it, all of them and those that a path has in any case. */
interface Place {
  readonly layer: tf.layers.Layer;
  readonly full: readonly string[];
  readonly short: readonly string[];
}

/**
 * Names for some layers of a model, the same in any copy of it, rebuilt or loaded; `weightsOf` builds the paths of weights on them.
 *
 * - A layer of the model itself goes by its name, whatever else there is.
 * - A layer of a nested model goes by its name too, and one inside a wrapper, a recurrent layer or a user's own layer by that of
 *   its holder (`timeDistributed(dense)` is the one name of both): as long as no other of `layers` goes by that.
 * - Of several that would go by one name, every one that lies deeper is named by its whole address: models, holders and fields
 *   around it (`left/same` and `right/same`, `block/up` and `block/down`). So a path is never passed on to another layer,
 *   whichever is found first: a new namesake makes a path longer, or nothing.
 * - The two layers of `bidirectional` and stacked cells are always told apart: `both/forward_lstm`, `rnn/RNNCell_0`.
 *
 * tfjs numbers layers that were given no name by the order in which a process makes them; give them names for paths that
 * hold in other processes. Inside a user's own layer such names are not used: its constructor makes new ones for every copy.
 */
export function layerPathsOf(
  model: tf.LayersModel,
  layers: ReadonlySet<tf.layers.Layer>,
): Map<tf.layers.Layer, string> {
  const places = placesOf(model).filter(({ layer }) => layers.has(layer));
  const short = places.map((place) => place.short.join('/'));
  const times = countsOf(short);
  return new Map(
    places.map(({ layer, full }, i) => [layer, times.get(short[i]!) === 1 ? short[i]! : full.join('/')]),
  );
}

/** Breadth first, so that a layer is found at its shortest address. */
function placesOf(model: tf.LayersModel): Place[] {
  const places: (Place & { readonly custom: boolean })[] = [
    { layer: model, full: [], short: [], custom: false },
  ];
  const found = new Set<tf.layers.Layer>([model]);
  for (const place of places) {
    heldBy(place.layer).forEach((held, index) => {
      if (found.has(held.layer)) return;
      found.add(held.layer);
      // Holders of tfjs keep the names of what they hold in their config.
      const custom = place.custom || (!isModel(place.layer) && !(place.layer.getClassName() in STOCK));
      places.push({ ...placeIn(place, held, place.custom ? index : undefined), custom });
    });
  }
  return places;
}

/** @param index the place in the holder, where a name that tfjs made up does not count. */
function placeIn(holder: Place, { layer, name, required }: HeldLayer, index: number | undefined): Place {
  const own = index !== undefined && required && isMadeUp(layer) ? String(index) : name;
  const full = [...holder.full, own];
  if (!required) return { layer, full, short: holder.short };
  if (own !== name) return { layer, full, short: full };
  return { layer, full, short: isModel(holder.layer) ? [own] : [...holder.short, own] };
}

/** Whether tfjs named the layer, by its class and a number: `dense_Dense1`, `sequential_2`. */
function isMadeUp(layer: tf.layers.Layer): boolean {
  const [, stem] = /^(.*?)_?\d+$/.exec(layer.name) ?? [];
  return stem?.toLowerCase().endsWith(layer.getClassName().toLowerCase()) ?? false;
}

function countsOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  values.forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1));
  return counts;
}
