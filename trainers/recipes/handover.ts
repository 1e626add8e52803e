import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { expectWhole, writeSealed } from '../../lib/core/sealed-file';
import { readSafetensors, writeSafetensors } from '../../lib/export/safetensors';
import { MaskSet, maskSet } from '../../lib/pruning/mask';
import { remedyOf } from './stage';

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

/**
 * Reads what `writeHandover` wrote.
 *
 * @throws UserError for other bytes than were written.
 */
export function readHandover(file: string): Handover {
  const tensors = readTensors(file);
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

/**
 * Reads what `writeWeights` wrote.
 *
 * @throws UserError for other bytes than were written.
 */
export function readWeights(file: string): Weights {
  return new Map(readTensors(file).map(([path, { data }]) => [path, data as Float32Array]));
}

function entriesOf(weights: Weights, prefix = ''): [string, HostTensor][] {
  return [...weights].map(([path, data]) => [prefix + path, hostTensor(data, [data.length])]);
}

function writeTensors(file: string, entries: readonly (readonly [string, HostTensor])[]): void {
  writeSealed(file, (part) => writeSafetensors(part, new Map(entries)));
}

function readTensors(file: string): [string, HostTensor][] {
  expectWhole(file, remedyOf(file));
  return [...readSafetensors(file)];
}
