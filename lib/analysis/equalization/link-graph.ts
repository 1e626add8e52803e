import type * as tf from '@tensorflow/tfjs';
import { factsOf } from '../../core/facts-of';
import { Feed, Feeds, feedsOf, Passes } from '../../core/feeds';
import { scalingOf } from '../../core/scaling-of';
import { Affine, affinesOf } from './products';
import { Sharing, sharingIn } from './sharing';
import { sizeOfSlot } from './slot';

type Layer = tf.layers.Layer;

/** Layers whose products read what a layer makes, and those that carry it there. */
export interface Read {
  readonly readers: readonly Layer[];
  readonly through: readonly Layer[];
}

/** Where the channels that a layer makes end: in products that read them, in products with what others make, or nowhere good. */
export type End =
  Read | { readonly with: readonly Layer[]; readonly isFirst: boolean } | { readonly why: string };

/** What is asked of a model to find its links. */
export interface LinkGraph {
  pathOf(layer: Layer): string;
  affineOf(layer: Layer): Affine;
  endOf(layer: Layer): End;
  readonly sharing: Sharing;
}

export function linkGraph(model: tf.LayersModel, paths: ReadonlyMap<Layer, string>): LinkGraph {
  const feeds = feedsOf(model);
  const inGraph = new Set(feeds.layers);
  const affineOf = affinesOf(model);
  const sharing = sharingIn(model, affineOf);
  const context: Context = { feeds, affineOf, sharing };
  return {
    pathOf: (layer) => paths.get(layer)!,
    affineOf,
    sharing,
    endOf: (layer) =>
      inGraph.has(layer) ? endOf(layer, context) : { why: 'it is inside of a layer that holds it' },
  };
}

type Context = Pick<LinkGraph, 'affineOf' | 'sharing'> & { readonly feeds: Feeds };

/** Whether factors on an input come out. */
export const carries: Passes = (layer, input) => scalingOf(layer).carries === input;

function endOf(layer: Layer, context: Context): End {
  const why = reasonOfMaker(layer, context);
  if (why !== undefined) return { why };
  const feeds = context.feeds.consumersOf(layer, { through: carries });
  const reasons = feeds.flatMap((feed) => reasonOfReader(feed, context) ?? []);
  if (reasons.length > 0) return { why: reasons[0]! };
  const consumers = [...new Set(feeds.map(({ consumer }) => consumer))];
  const multiplying = feeds.filter(isMultiplied);
  if (multiplying.length === 0) {
    return { readers: consumers, through: [...new Set(feeds.flatMap(({ through }) => through))] };
  }
  if (feeds.length > 1) return { why: `"${consumers[0]!.name}" is not all that reads it` };
  return metIn(feeds[0]!, context);
}

/** Why what a layer makes cannot be scaled where it is made. */
function reasonOfMaker(layer: Layer, { affineOf, sharing, feeds }: Context): string | undefined {
  const { activation } = scalingOf(layer);
  const other = sharing(layer);
  if (affineOf(layer).products.length === 0) {
    return `${layer.getClassName()} does not say how its channels can be scaled`;
  }
  if (activation && !activation.isScaleEquivariant)
    return `${activation.name}, its activation, is not scale-equivariant`;
  if (other) return `"${other.name}" computes with its weights, too`;
  return feeds.reachesOutput(layer, { through: carries }) ? 'the model returns what it makes' : undefined;
}

const isMultiplied = ({ consumer, input }: Feed) => scalingOf(consumer).multiplies?.includes(input) ?? false;

/** Why a layer that reads channels cannot take factors on them back. */
function reasonOfReader(feed: Feed, { affineOf, sharing, feeds }: Context): string | undefined {
  const { producer, consumer } = feed;
  const told = `"${consumer.name}"`;
  const makers = feeds
    .producersOf(consumer, { through: carries })
    .filter(({ input }) => input === feed.input);
  if (makers.some((each) => each.producer !== producer)) return `${told} reads what other layers make, too`;
  if (isMultiplied(feed)) return undefined;
  if (factsOf(consumer)?.passes === 'sum') return `${told} adds it to something else`;
  const { products } = affineOf(consumer);
  const { activation } = scalingOf(consumer);
  if (!products[0]?.reads) {
    return products.length === 0 && activation && !activation.isScaleEquivariant
      ? `${activation.name}, which ${told} applies to it, is not scale-equivariant`
      : `${told} (${consumer.getClassName()}) reads it, and cannot take factors back`;
  }
  const other = sharing(consumer);
  if (other) return `"${other.name}" computes with the weights of ${told}, too`;
  const [made, read] = [affineOf(producer).products.at(-1)!.makes, products[0].reads].map(sizeOfSlot);
  return read! % made! === 0 ? undefined : `${told} reads ${read} channels, of ${made} that it makes`;
}

/** What meets the channels that go into a layer that multiplies them with others. */
function metIn({ consumer, input }: Feed, { feeds }: Context): End {
  const [first, second] = scalingOf(consumer).multiplies!;
  const isFirst = input === first;
  const others = feeds
    .producersOf(consumer, { through: carries })
    .filter((feed) => feed.input === (isFirst ? second : first));
  return { with: [...new Set(others.map(({ producer }) => producer))], isFirst };
}
