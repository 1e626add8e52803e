import { Graph, Node, producers, Source, Value } from '../graph';
import { deadCode } from './dead-code';
import { MADE_AGAIN } from './parts';

/** Some of a graph's outputs, and which of its inputs have other data after they were computed. */
export interface Stage {
  readonly outputs: readonly Value[];
  readonly changes: readonly Value[];
}

/** What computes a stage's outputs. Its graph's outputs are the values that it saves for later stages, then those of the stage. */
export interface StagePart {
  readonly graph: Graph<Source | 'saved'>;
  readonly saved: readonly Value[];
  /** Saved values that later stages read; the others can go once the stage was run. */
  readonly readLater: ReadonlySet<Value>;
}

/** The nodes that a stage computes, and what they read of earlier ones. */
interface Cut {
  readonly nodes: ReadonlySet<Node>;
  readonly read: ReadonlySet<Value>;
}

/**
 * Cuts a graph into parts to be run one after the other, between which some inputs change: each computes what the ones before it have
 * not. A value is saved as soon as it is final, that is, no input that it depends on changes any more; until then every stage makes it
 * anew, as it does what takes little work.
 */
export function inStages(graph: Graph, stages: readonly Stage[]): StagePart[] {
  const final = new Map<Value, number>();
  const cuts = stages.map(({ outputs }, stage) => {
    const cut = cutOf(graph, outputs, final);
    const changing = dependents(
      graph,
      stages.slice(stage).flatMap(({ changes }) => changes),
    );
    for (const { output } of cut.nodes)
      if (!changing.has(output) && !final.has(output)) final.set(output, stage);
    return cut;
  });
  return cuts.map((cut, stage) => {
    const readLater = new Set(cuts.slice(stage + 1).flatMap(({ read }) => [...read]));
    const saved = [...readLater].filter((value) => final.get(value) === stage);
    return { graph: partOf(graph, cut, [...saved, ...stages[stage]!.outputs]), saved, readLater };
  });
}

function cutOf(graph: Graph, outputs: readonly Value[], final: ReadonlyMap<Value, number>): Cut {
  const made = producers(graph.nodes);
  const [nodes, read] = [new Set<Node>(), new Set<Value>()];
  const make = (value: Value): void => {
    const node = made.get(value);
    if (!node || nodes.has(node)) return;
    nodes.add(node);
    node.inputs.forEach(take);
  };
  const take = (value: Value): void => {
    const isSaved = final.has(value) && !MADE_AGAIN.has(made.get(value)!.op);
    if (isSaved) read.add(value);
    else make(value);
  };
  outputs.forEach(make);
  return { nodes, read };
}

/** Everything that depends on some values, themselves included. */
function dependents({ nodes }: Graph, values: readonly Value[]): Set<Value> {
  const found = new Set(values);
  for (const { inputs, output } of nodes) if (inputs.some((input) => found.has(input))) found.add(output);
  return found;
}

function partOf(graph: Graph, { nodes, read }: Cut, outputs: readonly Value[]): StagePart['graph'] {
  const saved = [...read].map((value) => [value, 'saved'] as const);
  return deadCode<Source | 'saved'>({
    inputs: new Map<Value, Source | 'saved'>([...graph.inputs, ...saved]),
    constants: graph.constants,
    nodes: graph.nodes.filter((node) => nodes.has(node) && !read.has(node.output)),
    outputs,
  });
}
