import type * as tf from '@tensorflow/tfjs';
import { Call, CallGraph, callsOf, GraphTensor } from './calls';
import { UserError } from './errors';
import type { Passing } from './facts';
import { factsOf } from './facts-of';

/** A way from one layer to another, on which nothing but layers that pass on what they are given. */
export interface Feed {
  /** The layer that makes what is read. */
  readonly producer: tf.layers.Layer;
  /** The layer that reads it. */
  readonly consumer: tf.layers.Layer;
  /** Where it arrives among the consumer's inputs: 2 for the values of an attention. */
  readonly input: number;
  /** The layers in between, from the producer on. Of several ways from a tensor to the same input, the first. */
  readonly through: readonly tf.layers.Layer[];
}

/** Which layers a way leads through; see {@link Feeds}. */
export interface FeedOptions {
  /**
   * Layers that are no end of a way: by how they pass on, see `Passing`, or by a question of one's own. Default `['values']`:
   * reshapes, dropout and the like.
   */
  readonly through?: readonly Passing[] | Passes;
}

/**
 * Who feeds whom in a model. Nested models are walked into; a layer that is applied several times has the feeds of all its
 * applications. The layer inside a wrapper (`timeDistributed`), a cell and what a user's own layer holds are not seen: their holder
 * stands for them.
 */
export interface Feeds {
  /** The layers of the graph, producers before consumers, each once. */
  readonly layers: readonly tf.layers.Layer[];
  /** The tensors that a layer reads, in all its applications: the same tensor is the same object. */
  tensorsInto(layer: tf.layers.Layer): readonly GraphTensor[];
  /**
   * What a layer's inputs are made by; the model's inputs are made by input layers.
   *
   * @throws UserError if the layer is not one of `layers`.
   */
  producersOf(layer: tf.layers.Layer, options?: FeedOptions): readonly Feed[];
  /** What reads a layer's outputs. @throws UserError as `producersOf` does. */
  consumersOf(layer: tf.layers.Layer, options?: FeedOptions): readonly Feed[];
  /** Whether the model returns what a layer makes. @throws UserError as `producersOf` does. */
  reachesOutput(layer: tf.layers.Layer, options?: FeedOptions): boolean;
}

/**
 * Walks once over a model's graph, and answers questions about it; the model is not changed, and no tensor is made.
 *
 * @example
 * const feeds = feedsOf(model);
 * feeds.consumersOf(norm).map(({ consumer }) => consumer.name); // query, key and value: who reads this layer norm
 * feeds.producersOf(down, { through: ['values', 'activation'] }); // up, through gelu
 * feeds.producersOf(add); // what meets in a residual sum
 */
export function feedsOf(model: tf.LayersModel): Feeds {
  const graph = callsOf(model);
  const callsBy = byLayer(graph);
  const readers = readersIn(graph);
  const calls = (layer: tf.layers.Layer): readonly Call[] => {
    const found = callsBy.get(layer);
    if (found) return found;
    throw new UserError(
      `Expected a layer of the graph of "${model.name}", got "${layer.name}"; if it lies inside another layer, ask for that one.`,
    );
  };
  return {
    layers: [...callsBy.keys()],
    tensorsInto: (layer) => calls(layer).flatMap(({ inputs }) => inputs),
    producersOf: (layer, options) => calls(layer).flatMap((call) => upstream(call, passing(options))),
    consumersOf: (layer, options) =>
      calls(layer).flatMap((call) => downstream(call, readers, passing(options)).feeds),
    reachesOutput: (layer, options) =>
      calls(layer).some((call) => {
        const { reached } = downstream(call, readers, passing(options));
        return graph.outputs.some(({ producer }) => reached.has(producer));
      }),
  };
}

/** Whether a layer passes on one of its inputs, by its place. */
export type Passes = (layer: tf.layers.Layer, input: number) => boolean;

function passing({ through = ['values'] }: FeedOptions = {}): Passes {
  if (typeof through === 'function') return through;
  return (layer, input) => {
    const { passes, passesInputs = 1 } = factsOf(layer) ?? {};
    return passes !== undefined && through.includes(passes) && input < passesInputs;
  };
}

function byLayer({ calls }: CallGraph): Map<tf.layers.Layer, Call[]> {
  const found = new Map<tf.layers.Layer, Call[]>();
  for (const call of calls) found.set(call.layer, [...(found.get(call.layer) ?? []), call]);
  return found;
}

/** A call, and one of its inputs. */
interface Reader {
  readonly call: Call;
  readonly input: number;
}

/** What reads the outputs of each call. */
function readersIn({ calls }: CallGraph): ReadonlyMap<Call, readonly Reader[]> {
  const readers = new Map<Call, Reader[]>(calls.map((call) => [call, []]));
  for (const call of calls) {
    call.inputs.forEach(({ producer }, input) => readers.get(producer)!.push({ call, input }));
  }
  return readers;
}

/** Each tensor is followed once per input, or the ways through residual sums would double with every layer. */
function upstream(consumer: Call, passes: Passes): Feed[] {
  const feeds: Feed[] = [];
  consumer.inputs.forEach((start, input) => {
    const seen = new Set<GraphTensor>();
    const follow = (tensor: GraphTensor, through: readonly tf.layers.Layer[]): void => {
      if (seen.has(tensor)) return;
      seen.add(tensor);
      const { layer, inputs } = tensor.producer;
      const passed = inputs.filter((_, i) => passes(layer, i));
      if (passed.length === 0) feeds.push({ producer: layer, consumer: consumer.layer, input, through });
      passed.forEach((next) => follow(next, [layer, ...through]));
    };
    follow(start, []);
  });
  return feeds;
}

interface Downstream {
  readonly feeds: readonly Feed[];
  /** The producer, and the calls that pass on what it made. */
  readonly reached: ReadonlySet<Call>;
}

function downstream(
  producer: Call,
  readers: ReadonlyMap<Call, readonly Reader[]>,
  passes: Passes,
): Downstream {
  const feeds: Feed[] = [];
  const reached = new Set<Call>();
  const follow = (from: Call, through: readonly tf.layers.Layer[]): void => {
    if (reached.has(from)) return;
    reached.add(from);
    for (const { call, input } of readers.get(from)!) {
      if (passes(call.layer, input)) follow(call, [...through, call.layer]);
      else feeds.push({ producer: producer.layer, consumer: call.layer, input, through });
    }
  };
  follow(producer, []);
  return { feeds, reached };
}
