import { Graph, Node, producers, Value } from '../graph';
import { deadCode, needed } from './dead-code';

/** A part of a program. Its graph's outputs are the values that it saves for the next part, then outputs of the program. */
export interface Part {
  readonly graph: Graph<unknown>;
  readonly saved: readonly Value[];
  /** Which of the program's outputs it makes. */
  readonly places: readonly number[];
}

/** Operators that take less time than reading what they made, or whose result is four times as large as what it is made of. */
export const MADE_AGAIN = new Set(['Reshape', 'Cast', 'DequantizeLinear']);

/** A program in one part. */
export function whole(graph: Graph): Part {
  return { graph, saved: [], places: graph.outputs.map((_, place) => place) };
}

/**
 * Cuts a training step in two: what its first output, the loss, depends on, and the rest, the backward pass. What the second
 * part reads of the first is saved; results of little work are made again instead.
 */
export function forwardAndBackward(graph: Graph): readonly [forward: Part, backward: Part] {
  const early = needed(graph, graph.outputs.slice(0, 1));
  const { saved, again } = readLater(graph, early);
  const places = graph.outputs.map((_, place) => place);
  const isEarly = (place: number) => early.has(graph.outputs[place]!);
  const forward = partOf(graph, saved, places.filter(isEarly));
  const inputs = new Map<Value, unknown>([
    ...graph.inputs,
    ...saved.map((value) => [value, 'saved'] as const),
  ]);
  const nodes = graph.nodes.filter((node) => again.has(node) || !early.has(node.output));
  const rest = places.filter((place) => !isEarly(place));
  const backward = partOf({ ...graph, inputs, nodes }, [], rest);
  return [forward, { ...backward, graph: unreadLast(backward.graph) }];
}

function partOf(graph: Graph<unknown>, saved: readonly Value[], places: readonly number[]): Part {
  const outputs = [...saved, ...places.map((place) => graph.outputs[place]!)];
  return { graph: deadCode({ ...graph, outputs }), saved, places };
}

/** What the nodes after the loss read of those before it, and which of these they make again. */
function readLater(graph: Graph, early: ReadonlySet<Value>): { saved: Value[]; again: Set<Node> } {
  const made = producers(graph.nodes);
  const saved = new Set<Value>();
  const again = new Set<Node>();
  const read = (value: Value): void => {
    const node = early.has(value) ? made.get(value) : undefined;
    if (!node || again.has(node)) return;
    if (!MADE_AGAIN.has(node.op)) return void saved.add(value);
    again.add(node);
    node.inputs.forEach(read);
  };
  for (const node of graph.nodes) if (!early.has(node.output)) node.inputs.forEach(read);
  return { saved: [...saved], again };
}

/**
 * Results that no node reads, the gradients of weights, come last, the latest first: onnxruntime starts from the last node and
 * goes back to what that needs, so that each is computed as soon as its operands are there, which are free then.
 */
function unreadLast(graph: Graph<unknown>): Graph<unknown> {
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  const isRead = (node: Node) => read.has(node.output);
  const unread = graph.nodes.filter((node) => !isRead(node));
  return { ...graph, nodes: [...graph.nodes.filter(isRead), ...unread.reverse()] };
}
