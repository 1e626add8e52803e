import type * as tf from '@tensorflow/tfjs';
import type { Skipped } from '../../compress/prepared';
import { weightFacts } from '../../core/facts-of';
import { scalingOf } from '../../core/scaling-of';
import { pathsOfLayers, weightsOf } from '../../core/weights';
import type { Link } from './link';
import { LinkGraph, linkGraph, Read } from './link-graph';
import { sizeOfSlot } from './slot';

/** Where channels of a model may be scaled, and the other layers that make channels, with the reasons. */
export interface Links {
  /** Producers before consumers. */
  readonly links: readonly Link[];
  readonly skipped: readonly Skipped[];
}

/**
 * Finds the channels of a model that may be scaled without changing what it computes: from a product (or a norm), through an activation
 * of which `f(s · x) = s · f(x)` and layers that give on what they are given, to nothing but products; and queries and keys, which meet
 * in products with one another. Every layer that makes channels is in a link or skipped.
 */
export function linksOf(model: tf.LayersModel): Links {
  const paths = pathsOfLayers(model);
  const graph = linkGraph(model, paths);
  const found = makersOf(model, paths).flatMap((layer) => [
    ...innerLinks(layer, graph),
    ...outerLink(layer, graph),
  ]);
  return {
    links: found.filter((each) => 'kind' in each),
    skipped: found.filter((each) => 'why' in each),
  };
}

const MAKES: ReadonlySet<string> = new Set(['kernel', 'depthwise', 'recurrent', 'scale']);

/** Layers that make channels, in the order of their paths: with a product, or a norm's scale; not those of an activation. */
function makersOf(model: tf.LayersModel, paths: ReadonlyMap<tf.layers.Layer, string>): tf.layers.Layer[] {
  const makers = new Set(
    weightsOf(model).flatMap((weight) => (MAKES.has(weightFacts(weight).role) ? [weight.layer] : [])),
  );
  return [...paths.keys()].filter((layer) => makers.has(layer) && scalingOf(layer).carries === undefined);
}

/** Between the products of one layer nothing else is. */
function innerLinks(layer: tf.layers.Layer, { affineOf, sharing }: LinkGraph): Link[] {
  const { products } = affineOf(layer);
  if (sharing(layer) !== undefined) return [];
  return products.slice(1).map(({ reads }, i) => {
    const { makes } = products[i]!;
    const [fromPath, toPath] = [makes.weight.path, reads!.weight.path];
    const ends = { from: layer, fromPath, to: [layer], toPaths: [toPath], through: [] };
    return { ...ends, channels: sizeOfSlot(makes), divided: [makes], multiplied: [reads!], kind: 'inner' };
  });
}

/** What a layer makes, for others; nothing of keys, which are in the link of their queries. */
function outerLink(layer: tf.layers.Layer, graph: LinkGraph): (Link | Skipped)[] {
  const { pathOf, endOf } = graph;
  const end = endOf(layer);
  if ('why' in end) return [{ path: pathOf(layer), why: end.why }];
  if ('readers' in end) return [readLink(layer, end, graph)];
  const other = partnerOf(end.with, layer, graph);
  if ('why' in other) return [{ path: pathOf(layer), why: other.why }];
  return end.isFirst ? [multipliedLink(layer, other.layer, graph)] : [];
}

function readLink(from: tf.layers.Layer, { readers, through }: Read, graph: LinkGraph): Link {
  const multiplied = readers.map((layer) => graph.affineOf(layer).products[0]!.reads!);
  return { ...endsOf(from, readers, graph), ...madeBy(from, graph), through, multiplied, kind: 'read' };
}

function multipliedLink(from: tf.layers.Layer, to: tf.layers.Layer, graph: LinkGraph): Link {
  const { divided: multiplied } = madeBy(to, graph);
  return {
    ...endsOf(from, [to], graph),
    ...madeBy(from, graph),
    through: [],
    multiplied,
    kind: 'multiplied',
  };
}

function endsOf(from: tf.layers.Layer, to: readonly tf.layers.Layer[], { pathOf }: LinkGraph) {
  return { from, fromPath: pathOf(from), to, toPaths: to.map(pathOf) };
}

/** The slots of what a layer makes. */
function madeBy(layer: tf.layers.Layer, { affineOf }: LinkGraph): Pick<Link, 'channels' | 'divided'> {
  const { products, added } = affineOf(layer);
  const { makes } = products.at(-1)!;
  return { channels: sizeOfSlot(makes), divided: [makes, ...added] };
}

type Partner = { readonly layer: tf.layers.Layer } | { readonly why: string };

/** What a layer's channels are multiplied with, if that may be scaled as well. */
function partnerOf(layers: readonly tf.layers.Layer[], one: tf.layers.Layer, graph: LinkGraph): Partner {
  const [layer] = layers;
  const told = layers.map(({ name }) => `"${name}"`).join(', ');
  if (layers.length !== 1 || layer === one) return { why: `it is multiplied with what ${told} make` };
  const end = graph.endOf(layer!);
  if ('why' in end) return { why: `it is multiplied with what ${told} makes, and of that ${end.why}` };
  const meets = 'with' in end && end.with.length === 1 && end.with[0] === one;
  const isAsWide = meets && madeBy(layer!, graph).channels === madeBy(one, graph).channels;
  return isAsWide
    ? { layer: layer! }
    : { why: `it is multiplied with what ${told} makes, which goes elsewhere` };
}
