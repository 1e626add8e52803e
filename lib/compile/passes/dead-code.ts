import { Graph, producers, Value } from '../graph';

/** Drops every node, input and constant that no output depends on. */
export function deadCode<From>(graph: Graph<From>): Graph<From> {
  const live = needed(graph, graph.outputs);
  const alive = <T>(entries: ReadonlyMap<Value, T>): Map<Value, T> =>
    new Map([...entries].filter(([value]) => live.has(value)));
  return {
    inputs: alive(graph.inputs),
    constants: alive(graph.constants),
    nodes: graph.nodes.filter((node) => live.has(node.output)),
    outputs: graph.outputs,
  };
}

/** Everything that some values depend on, themselves included. */
export function needed(graph: Graph<unknown>, values: readonly Value[]): Set<Value> {
  const made = producers(graph.nodes);
  const live = new Set<Value>();
  const pending = [...values];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (live.has(value)) continue;
    live.add(value);
    pending.push(...(made.get(value)?.inputs ?? []));
  }
  return live;
}
