import { UserError } from '../core/errors';
import type { ResolvedBertConfig } from '../models/bert-config';
import type { Unit } from '../pruning/unit';

/** Numbers of units by layer, `[[0, 3], []]`: the first and fourth of the first layer, none of the second. */
export type ByLayer = readonly (readonly number[])[];

/** What is cut out of a BERT, as plain data: what is not named stays. */
export interface Cut {
  /** Attention heads, by layer. */
  readonly heads?: ByLayer;
  /** Neurons of the feed-forward networks, by layer. */
  readonly neurons?: ByLayer;
  /** Whole layers. */
  readonly layers?: readonly number[];
}

/** A cut with every field filled in, of a model that it fits. */
export type ResolvedCut = Required<Cut>;

type Sizes = Pick<ResolvedBertConfig, 'layers' | 'heads' | 'intermediateSize'>;

/**
 * Fills in what a cut leaves out.
 *
 * @throws UserError for layers, heads or neurons that the model does not have or that are named twice, and where no layer is left.
 */
export function resolveCut(cut: Cut, { layers, heads, intermediateSize }: Sizes): ResolvedCut {
  const none = Array.from({ length: layers }, () => []);
  const resolved = { heads: cut.heads ?? none, neurons: cut.neurons ?? none, layers: cut.layers ?? [] };
  expectDistinct('layers', resolved.layers, layers);
  if (resolved.layers.length === layers) {
    throw new UserError(`Expected a cut that leaves at least one layer, got all ${layers}.`);
  }
  expectByLayer('heads', resolved.heads, heads);
  expectByLayer('neurons', resolved.neurons, intermediateSize);
  return resolved;
}

function expectByLayer(what: string, cut: ByLayer, sizes: readonly number[]): void {
  if (cut.length !== sizes.length) {
    throw new UserError(
      `Expected ${what} to cut for each of the ${sizes.length} layers, such as [[0], []], got ${cut.length} lists.`,
    );
  }
  cut.forEach((each, layer) => expectDistinct(`${what} of layer ${layer}`, each, sizes[layer]!));
}

function expectDistinct(what: string, numbers: readonly number[], size: number): void {
  const isPlace = (n: number) => Number.isInteger(n) && n >= 0 && n < size;
  const wrong = numbers.find((n, i) => !isPlace(n) || numbers.indexOf(n) !== i);
  if (wrong === undefined) return;
  throw new UserError(
    `Expected ${what} to cut from 0 to ${size - 1}, each once, got ${isPlace(wrong) ? `${wrong} twice` : wrong}.`,
  );
}

/** A head: its columns of queries, keys and values, and its rows of the output projection. */
export function headUnit(layer: number, head: number, headSize: number): Unit {
  const name = `encoder/${layer}/attention`;
  const range = { from: head * headSize, to: (head + 1) * headSize };
  const columns = ['query', 'key', 'value'].flatMap((part) => [
    { path: `${name}/${part}/kernel`, axis: 1, ...range },
    { path: `${name}/${part}/bias`, axis: 0, ...range },
  ]);
  return {
    name: `${name} head ${head}`,
    slices: [...columns, { path: `${name}/output/kernel`, axis: 0, ...range }],
  };
}

/** A neuron of a feed-forward network: a column of the first kernel, its bias, and a row of the second. */
export function neuronUnit(layer: number, neuron: number): Unit {
  const name = `encoder/${layer}/ffn`;
  const range = { from: neuron, to: neuron + 1 };
  return {
    name: `${name} neuron ${neuron}`,
    slices: [
      { path: `${name}/up/kernel`, axis: 1, ...range },
      { path: `${name}/up/bias`, axis: 0, ...range },
      { path: `${name}/down/kernel`, axis: 0, ...range },
    ],
  };
}

/** The heads and neurons of a cut, but for those of layers that go as a whole. */
export function unitsOf({ heads, neurons, layers }: ResolvedCut, headSize: number): Unit[] {
  const staying = (each: ByLayer) =>
    each.flatMap((units, layer) =>
      layers.includes(layer) ? [] : units.map((unit) => [layer, unit] as const),
    );
  return [
    ...staying(heads).map(([layer, head]) => headUnit(layer, head, headSize)),
    ...staying(neurons).map(([layer, neuron]) => neuronUnit(layer, neuron)),
  ];
}
