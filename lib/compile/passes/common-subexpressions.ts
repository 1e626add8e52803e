import { Graph, Value } from '../graph';
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
  return rewrite(graph, ({ op, domain, inputs, attributes, output, slot = 0 }) => {
    const key = [domain, op, slot, ...inputs.map(idOf), JSON.stringify(attributes)].join(' ');
    const same = known.get(key);
    if (!same) known.set(key, output);
    return same;
  });
}
