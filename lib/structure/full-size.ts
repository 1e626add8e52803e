import type * as tf from '@tensorflow/tfjs';
import { assign } from '../core/assign';
import { UserError } from '../core/errors';
import { hostOf, sizeOf } from '../core/host-tensor';
import { weightsOf } from '../core/weights';
import { blankBert } from '../models/bert';
import type { ResolvedBertConfig } from '../models/bert-config';
import { bertConfigOf } from '../models/bert-config-of';
import { maskSet } from '../pruning/mask';
import { masksOf, setMasks } from '../pruning/model-masks';

/**
 * **The same function in full size**, the inverse of `shrink` but for the order of units: every layer has as many heads as fill the hidden size,
 * and as many neurons as the widest one; those that a layer does not have are zeros, masked where the weight has a mask. For programs that know
 * no layers of different sizes.
 *
 * @returns a new model, the caller's.
 * @throws UserError for a model that was not built by `bert`, and heads that do not fill the hidden size.
 */
export function fullSize(model: tf.LayersModel): tf.LayersModel {
  const config = bertConfigOf(model);
  const values = new Map(weightsOf(model).map(({ path, variable }) => [path, hostOf(variable)]));
  const masks = masksOf(model);
  const full = blankBert({
    ...config,
    heads: fullHeads(config),
    intermediateSize: Math.max(...config.intermediateSize, 1),
  });
  const grown: [string, Uint8Array][] = [];
  for (const { path, variable } of weightsOf(full)) {
    const found = values.get(path);
    if (found) assign(variable, padded(found.data as Float32Array, found.shape, variable.shape));
    const mask = masks.get(path);
    if (found && mask) grown.push([path, padded(mask, found.shape, variable.shape)]);
  }
  setMasks(full, maskSet(grown, masks.latent));
  return full;
}

function fullHeads({ heads, headSize, hiddenSize }: ResolvedBertConfig): number {
  const full = hiddenSize / headSize;
  if (Number.isInteger(full) && heads.every((count) => count <= full)) return full;
  throw new UserError(
    `Expected heads that fill the hidden size ${hiddenSize} of a model to write it in full size, got up to ${Math.max(...heads)} heads, ` +
      `${headSize} wide.`,
  );
}

/** A vector or matrix with zeros after what it holds, along each axis. */
function padded<T extends Float32Array | Uint8Array>(
  data: T,
  from: readonly number[],
  to: readonly number[],
): T {
  const [row, fullRow] = [from.at(-1)!, to.at(-1)!];
  const filled = new (data.constructor as { new (length: number): T })(sizeOf(to));
  for (let at = 0, into = 0; at < data.length; at += row, into += fullRow)
    filled.set(data.subarray(at, at + row), into);
  return filled;
}
