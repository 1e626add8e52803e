import { GraphBuilder } from '../builder';
import { Graph, Node, Value } from '../graph';

/** What a rule may look at, and where it writes. */
export interface Context {
  /** Appends the nodes that replace the one at hand. */
  readonly builder: GraphBuilder;
  /** The node that made a value, after rewriting; undefined for inputs and constants. */
  producer(value: Value): Node | undefined;
}

/** Looks at one node (its inputs already rewritten) and returns what replaces its output, or undefined to keep the node. */
export type Rule = (node: Node, context: Context) => Value | undefined;

/** The first of several rules that replaces a node: one pass for rules that look at different operators. */
export const firstOf =
  (...rules: readonly Rule[]): Rule =>
  (node, context) => {
    for (const rule of rules) {
      const replacement = rule(node, context);
      if (replacement) return replacement;
    }
    return undefined;
  };

/** Applies a rule to every node once, in execution order. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const builder = GraphBuilder.over(graph);
  const replaced = new Map<Value, Value>();
  const now = (value: Value): Value => replaced.get(value) ?? value;
  const context: Context = { builder, producer: (value) => builder.producer(value) };
  for (const original of graph.nodes) {
    const isChanged = replaced.size > 0 && original.inputs.some((value) => replaced.has(value));
    const node = isChanged ? { ...original, inputs: original.inputs.map(now) } : original;
    const replacement = rule(node, context);
    if (replacement) replaced.set(node.output, replacement);
    else builder.append(node);
  }
  return builder.finish(graph.outputs.map(now));
}
