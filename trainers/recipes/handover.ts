import { writeAtomically } from '../../lib/core/atomic-file';
import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { readSafetensors, writeSafetensors } from '../../lib/export/safetensors';
import { MaskSet, maskSet } from '../../lib/pruning/mask';

/** Values of a model's weights, by path. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** What one level of a lottery ticket's chain leaves to the next one. */
export interface Handover {
  /** What the next level is pruned to; none before level 1. */
  readonly masks: MaskSet;
  /** Weights that are not rewound, as trained. */
  readonly kept: Weights;
}

const MASKS = 'masks/';
const KEPT = 'kept/';

/** Writes a handover as one safetensors file. */
export function writeHandover(file: string, { masks, kept }: Handover): void {
  writeTensors(file, [
    ...[...masks].map(([path, mask]) => [MASKS + path, hostTensor(mask, [mask.length])] as const),
    ...entriesOf(kept, KEPT),
  ]);
}

/** Reads what `writeHandover` wrote. */
export function readHandover(file: string): Handover {
  const tensors = [...readSafetensors(file)];
  const under = <T extends HostTensor['data']>(prefix: string) =>
    tensors
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, { data }]) => [name.slice(prefix.length), data as T] as const);
  return { masks: maskSet(under<Uint8Array>(MASKS)), kept: new Map(under<Float32Array>(KEPT)) };
}

/** Writes weights as one safetensors file. */
export function writeWeights(file: string, weights: Weights): void {
  writeTensors(file, entriesOf(weights));
}

/** Reads what `writeWeights` wrote. */
export function readWeights(file: string): Weights {
  return new Map([...readSafetensors(file)].map(([path, { data }]) => [path, data as Float32Array]));
}

function entriesOf(weights: Weights, prefix = ''): [string, HostTensor][] {
  return [...weights].map(([path, data]) => [prefix + path, hostTensor(data, [data.length])]);
}

function writeTensors(file: string, entries: readonly (readonly [string, HostTensor])[]): void {
  writeAtomically(file, (part) => writeSafetensors(part, new Map(entries)));
}
