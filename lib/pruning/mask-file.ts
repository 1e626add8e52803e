import * as path from 'node:path';
import { writeAtomically } from '../core/atomic-file';
import { UserError } from '../core/errors';
import { hostTensor } from '../core/host-tensor';
import { quoted } from '../core/printable';
import { readSafetensors, writeSafetensors } from '../export/safetensors';
import { kindIn, MaskSet, maskSet } from './mask';

/** Name of a tensor: the weight's path, how many values it has, and whether its mask is latent. */
const NAME = /^(.+):(\d+)(:latent)?$/;

/**
 * Saves masks as a safetensors file, eight values in a byte, the first in the lowest bit: `<path>:<values>` is U8
 * [⌈values / 8⌉], and `<path>:<values>:latent` of a latent mask. In Python: `numpy.unpackbits(tensor, bitorder='little')`.
 *
 * @param file written whole or not at all.
 * @throws UserError for a value other than 0 and 1.
 *
 * @example saveMasks('ticket.safetensors', masksOf(model));
 */
export function saveMasks(file: string, masks: MaskSet): void {
  const entries = [...maskSet(masks)].map(([weight, mask]) => {
    const bits = packBits(mask);
    const kind = kindIn(masks, weight) === 'latent' ? ':latent' : '';
    return [`${weight}:${mask.length}${kind}`, hostTensor(bits, [bits.length])] as const;
  });
  writeAtomically(file, (part) => writeSafetensors(part, new Map(entries), { format: 'whittle masks' }));
}

/**
 * Loads what `saveMasks` wrote.
 *
 * @throws UserError for a file that is missing, damaged, or holds something else.
 *
 * @example setMasks(model, loadMasks('ticket.safetensors'));
 */
export function loadMasks(file: string): MaskSet {
  const latent: string[] = [];
  const masks = [...readSafetensors(file)].map(([name, { data }]): [string, Uint8Array] => {
    const [, weight, count, isLatent] = NAME.exec(name) ?? [];
    const values = Number(count);
    if (weight !== undefined && data instanceof Uint8Array && data.length === Math.ceil(values / 8)) {
      if (isLatent) latent.push(weight);
      return [weight, unpackBits(data, values)];
    }
    throw new UserError(
      `Expected masks in ${path.basename(file)}, but its tensor ${quoted(name)} is none; give a file that saveMasks wrote.`,
    );
  });
  return maskSet(masks, latent);
}

function packBits(mask: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((keep, i) => (bits[i >> 3]! |= keep << (i & 7)));
  return bits;
}

function unpackBits(bits: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (bits[i >> 3]! >> (i & 7)) & 1);
}
