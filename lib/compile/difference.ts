import { Data, Graph, Source, Value } from './graph';

/** Something that is not the same in two traces of a function. */
export interface Difference {
  /** Where: a constant, or the output of a node. */
  readonly value: Value;
  /** The operator that has it. */
  readonly usedBy: string;
}

/** The first host constant that is not the same in both traces, or else the first node. */
export function firstDifference(a: Graph, b: Graph): Difference | undefined {
  const others = [...b.constants.values()];
  const constant = [...a.constants].find(([, data], i) => !sameData(data, others[i]))?.[0];
  if (constant) {
    const user = a.nodes.find((node) => node.inputs.includes(constant));
    return { value: constant, usedBy: user?.op ?? 'the result' };
  }
  const [lines, otherLines] = [linesOf(a), linesOf(b)];
  const index = lines.findIndex((line, i) => line !== otherLines[i]);
  if (index < 0) return undefined;
  const node = a.nodes[index];
  return { value: node?.output ?? a.outputs[0]!, usedBy: node?.op ?? 'the result' };
}

/** A line of text for each node and one for the outputs; values are numbered in the order in which the trace made them. */
function linesOf({ inputs, constants, nodes, outputs }: Graph): string[] {
  const names = new Map<Value, string>([...inputs].map(([value, source]) => [value, sourceName(source)]));
  [...constants.keys(), ...nodes.map(({ output }) => output)].forEach((value, i) => names.set(value, `${i}`));
  const list = (values: readonly Value[]): string => values.map((value) => names.get(value)).join();
  const lines = nodes.map((node) =>
    [
      node.domain,
      node.op,
      node.slot,
      list(node.inputs),
      node.output.shape,
      JSON.stringify(node.attributes),
    ].join(' '),
  );
  return [...lines, list(outputs)];
}

/** Where an input comes from, the same in every trace. */
export function sourceName(source: Source): string {
  switch (source.kind) {
    case 'argument':
      return `argument ${source.index}`;
    case 'variable':
      return `variable ${source.variable.id}`;
    case 'derived':
      return `derived ${source.input.name}`;
  }
}

/** Whether two constants hold the same bytes. */
export function sameData(a: Data, b: Data | undefined): boolean {
  return a.length === b?.length && Buffer.compare(bytes(a), bytes(b)) === 0;
}

function bytes(data: Data): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
