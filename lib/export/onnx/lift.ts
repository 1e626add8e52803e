import { GraphBuilder } from '../../compile/builder';
import { sameData, sourceName } from '../../compile/difference';
import { Data, Graph, Node, Value } from '../../compile/graph';
import { UserError } from '../../core/errors';
import { liftConstant, reshapeTarget, shapeSizes, SizeContext } from './constants';
import { AxisSource } from './size-nodes';
import { Probe, Size } from './sizes';

/** A program for every size of the free axes. */
export interface Lifted {
  readonly graph: Graph;
  /** The sizes of each output; undefined where an axis follows no formula. */
  readonly outputSizes: readonly (readonly Size[] | undefined)[];
}

/**
 * Makes one program of traces that differ only in the sizes of the free axes: constants that depend on those are computed from
 * the inputs' shapes instead.
 *
 * @param traces one for each point of the probe.
 * @throws UserError naming the operator where the traces differ in anything else, or follow no formula.
 */
export function lift(traces: readonly Graph[], probe: Probe, sources: readonly AxisSource[]): Lifted {
  const [base] = traces as [Graph];
  const context = { builder: GraphBuilder.over(base), probe, sources };
  const places = traces.map(placesOf);
  const lifted = (values: readonly Value[], user: string, target?: readonly Value[]): Value => {
    const data = values.map((value, i) => traces[i]!.constants.get(value));
    if (data.every((numbers) => numbers !== undefined))
      return constant({ values, data }, context, user, target);
    const same = values.every((value, i) => places[i]!.get(value) === places[0]!.get(values[0]!));
    if (same) return values[0]!;
    throw inexpressible(`${user} takes other operands`);
  };
  const count = Math.max(...traces.map(({ nodes }) => nodes.length));
  for (let i = 0; i < count; i++) {
    const nodes = traces.map((trace) => trace.nodes[i]);
    context.builder.append(liftNode(nodes, lifted));
  }
  const outputs = base.outputs.map((_, i) => traces.map((trace) => trace.outputs[i]!));
  return {
    graph: context.builder.finish(outputs.map((values) => lifted(values, 'the result'))),
    outputSizes: outputs.map((values) => shapeSizes(values, probe)),
  };
}

type LiftValue = (values: readonly Value[], user: string, target?: readonly Value[]) => Value;

function liftNode(nodes: readonly (Node | undefined)[], lifted: LiftValue): Node {
  const [node] = nodes;
  const same = nodes.filter((other) => other !== undefined && describe(other) === describe(node)) as Node[];
  if (!node || same.length < nodes.length) {
    throw inexpressible(
      `${node?.op ?? 'one more operation'} is another operation, as in a loop or branch over sizes,`,
    );
  }
  const operand = (slot: number): Value[] => same.map((other) => other.inputs[slot]!);
  const inputs = node.inputs.map((_, slot) =>
    lifted(operand(slot), node.op, node.op === 'Reshape' && slot === 1 ? operand(0) : undefined),
  );
  return { ...node, inputs };
}

/** All of a node but its operands' identity. */
function describe(node: Node | undefined): string {
  if (!node) return '';
  const { domain, op, slot = 0, attributes, inputs } = node;
  return [domain, op, slot, inputs.length, JSON.stringify(attributes)].join(' ');
}

/** A constant as it is, or computed where it differs between the traces. */
function constant(
  held: { readonly values: readonly Value[]; readonly data: readonly Data[] },
  context: SizeContext,
  user: string,
  reshaped: readonly Value[] | undefined,
): Value {
  const { values, data } = held;
  const [first] = values as [Value];
  const isFixed = values.every(
    (value, i) => value.shape.join() === first.shape.join() && sameData(data[0]!, data[i]),
  );
  if (isFixed) return first;
  const value = reshaped ? reshapeTarget(reshaped, held, context) : liftConstant(held, context);
  if (value) return value;
  throw inexpressible(`${user} takes other numbers of shape [${first.shape.join(', ')}]`);
}

/** What tells a value that is no constant from the others, the same in every trace. */
function placesOf({ inputs, nodes }: Graph): Map<Value, string> {
  return new Map([
    ...[...inputs].map(([value, source]): [Value, string] => [value, sourceName(source)]),
    ...nodes.map(({ output }, i): [Value, string] => [output, `${i}`]),
  ]);
}

function inexpressible(what: string): UserError {
  return new UserError(
    'Expected a model that at every batch size and length computes the same but for sizes that are sums and products of them, ' +
      `but at another size ${what} and the ONNX file could not tell; fix that axis (inputShape) or write that part otherwise.`,
  );
}
