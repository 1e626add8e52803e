import type * as tf from '@tensorflow/tfjs';
import type { Skipped } from '../../compress/prepared';
import { Feeds, feedsOf } from '../../core/feeds';
import { isModel, layersOf } from '../../core/layers';
import { scalingOf } from '../../core/scaling-of';
import { pathsOfLayers } from '../../core/weights';
import { maskOf } from '../../pruning/model-masks';
import { Affine, affinesOf } from '../equalization/products';
import { Sharing, sharingIn } from '../equalization/sharing';

type Layer = tf.layers.Layer;

/** A batch norm, and the layer before it, which can hold it. */
export interface Fold {
  readonly norm: Layer;
  /** The norm's. */
  readonly path: string;
  readonly layer: Layer;
  /** Whether that has no bias yet. */
  readonly isBare: boolean;
}

export interface Folds {
  readonly folds: readonly Fold[];
  readonly skipped: readonly Skipped[];
}

/** The batch norms of a model: which can be folded into what comes before, and why the others cannot. */
export function foldsOf(model: tf.LayersModel): Folds {
  const paths = pathsOfLayers(model);
  const affineOf = affinesOf(model);
  const layers = layersOf(model);
  const context: Context = {
    feeds: feedsOf(model),
    affineOf,
    sharing: sharingIn(model, affineOf),
    models: layers.filter(isModel),
  };
  const norms = layers.filter((layer) => layer.getClassName() === 'BatchNormalization');
  const found = norms.map((norm): Fold | Skipped => {
    const path = paths.get(norm)!;
    const result = layerBefore(norm, context);
    return typeof result === 'string'
      ? { path, why: result }
      : { norm, path, layer: result, isBare: affineOf(result).added.length === 0 };
  });
  return {
    folds: found.filter((each) => 'norm' in each),
    skipped: found.filter((each) => 'why' in each),
  };
}

interface Context {
  readonly feeds: Feeds;
  readonly affineOf: (layer: Layer) => Affine;
  readonly sharing: Sharing;
  readonly models: readonly tf.LayersModel[];
}

const DIRECTLY = { through: [] } as const;

/** The layer that a batch norm can be folded into, or why there is none. */
function layerBefore(norm: Layer, context: Context): Layer | string {
  const { feeds, models } = context;
  if (!feeds.layers.includes(norm)) return 'it is inside of a layer that holds it';
  if (!isOverLastAxis(norm)) return 'its channels are not the last axis';
  const [layer, ...others] = new Set(feeds.producersOf(norm, DIRECTLY).map(({ producer }) => producer));
  if (others.length > 0) return 'it is applied to what several layers make';
  const isTogether = models.some(({ layers }) => layers.includes(norm) && layers.includes(layer!));
  return (
    reasonAgainst(layer!, norm, context) ??
    (isTogether ? layer! : `"${layer!.name}", which it follows, is in another model`)
  );
}

function isOverLastAxis(norm: Layer): boolean {
  const { axis } = norm as unknown as { readonly axis: number };
  return norm.inboundNodes.every(
    ({ inputTensors: [input] }) => axis === -1 || axis === input!.shape.length - 1,
  );
}

/** Why a layer cannot hold the batch norm after it. */
function reasonAgainst(layer: Layer, norm: Layer, { feeds, affineOf, sharing }: Context): string | undefined {
  const told = `"${layer.name}"`;
  const { products, added } = affineOf(layer);
  const { activation } = scalingOf(layer);
  const other = sharing(layer);
  if (!products[0]?.reads) return `it follows ${told} (${layer.getClassName()}), which cannot hold it`;
  if (activation) return `it follows ${activation.name}, the activation of ${told}`;
  if (other) return `"${other.name}" computes with the weights of ${told}, which it follows, too`;
  const isReadElsewhere = feeds.consumersOf(layer, DIRECTLY).some(({ consumer }) => consumer !== norm);
  if (isReadElsewhere || feeds.reachesOutput(layer, DIRECTLY)) return `others read what ${told} makes, too`;
  if (added.length === 0 && layer.getConfig()['useBias'] !== false) return `${told} can have no bias`;
  return added.some(({ weight }) => maskOf(weight.variable)) ? `the bias of ${told} is masked` : undefined;
}
