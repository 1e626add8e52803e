import { Graph, producers, Value } from '../graph';

/** Drops every node, input and constant that no output depends on. */
export function deadCode(graph: Graph): Graph {
  const made = producers(graph.nodes);
  const live = new Set<Value>();
  const pending = [...graph.outputs];
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (live.has(value)) continue;
    live.add(value);
    pending.push(...(made.get(value)?.inputs ?? []));
  }
  const alive = <T>(entries: ReadonlyMap<Value, T>): Map<Value, T> =>
    new Map([...entries].filter(([value]) => live.has(value)));
  return {
    inputs: alive(graph.inputs),
    constants: alive(graph.constants),
    nodes: graph.nodes.filter((node) => live.has(node.output)),
    outputs: graph.outputs,
  };
}
