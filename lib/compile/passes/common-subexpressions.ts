import { attributesKey, Graph, Value } from '../graph';
import { rewrite } from './rewrite';

/** Computes once what is computed several times: nodes of equal operator, inputs and attributes become one. */
export function commonSubexpressions(graph: Graph): Graph {
  const ids = new Map<Value, number>();
  const idOf = (value: Value): number => {
    const id = ids.get(value) ?? ids.size;
    ids.set(value, id);
    return id;
  };
  const known = new Map<string, Value>();
  return rewrite(graph, (node) => {
    const { op, domain, inputs, output, slot = 0 } = node;
    const key = `${domain} ${op} ${slot} ${inputs.map(idOf).join(' ')} ${attributesKey(node)}`;
    const same = known.get(key);
    if (!same) known.set(key, output);
    return same;
  });
}
