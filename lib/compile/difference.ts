import { attributesKey, Data, Graph, isSameShape, Node, Source, Value } from './graph';

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
  const [name, otherName] = [namesIn(a), namesIn(b)];
  const areSame = (values: readonly Value[], same: readonly Value[] | undefined): boolean =>
    values.length === same?.length && values.every((value, i) => name.get(value) === otherName.get(same[i]!));
  const node = a.nodes.find((one, i) => {
    const other = b.nodes[i];
    return !other || !isSameOperator(one, other) || !areSame(one.inputs, other.inputs);
  });
  if (node) return { value: node.output, usedBy: node.op };
  const isSame = a.nodes.length === b.nodes.length && areSame(a.outputs, b.outputs);
  return isSame ? undefined : { value: a.outputs[0]!, usedBy: 'the result' };
}

/** Values are numbered in the order in which the trace made them; inputs have their source's name. */
function namesIn({ inputs, constants, nodes }: Graph): Map<Value, string | number> {
  const names = new Map<Value, string | number>();
  for (const [value, source] of inputs) names.set(value, sourceName(source));
  let number = 0;
  for (const value of constants.keys()) names.set(value, number++);
  for (const { output } of nodes) names.set(output, number++);
  return names;
}

/** Whether two nodes do the same to their inputs. */
function isSameOperator(a: Node, b: Node): boolean {
  return (
    a.op === b.op &&
    a.domain === b.domain &&
    a.slot === b.slot &&
    isSameShape(a.output.shape, b.output.shape) &&
    attributesKey(a) === attributesKey(b)
  );
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
