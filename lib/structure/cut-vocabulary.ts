import type * as tf from '@tensorflow/tfjs';
import { cloneModel } from '../compress/clone';
import { assign } from '../core/assign';
import { copyTrainable } from '../core/counterparts';
import { UserError } from '../core/errors';
import { hostOf, HostTensor, sizeOf } from '../core/host-tensor';
import { layersOf } from '../core/layers';
import { weightsOf } from '../core/weights';
import { maskSet } from '../pruning/mask';
import { masksOf, setMasks } from '../pruning/model-masks';
import { expectBare } from './expect-bare';

const TABLE = 'embeddings/token';
const PLACES = 'embeddings/places';

/** What a vocabulary is to a model. */
export interface VocabularyRows {
  /** Rows of the table. */
  readonly rows: number;
  /** So many of the first ones must stay where they are: positions are counted from behind a RoBERTa's padding. */
  readonly pinned: number;
}

/** @throws UserError for a model without `bert`'s table of pieces. */
export function vocabularyRows(model: tf.LayersModel): VocabularyRows {
  const fieldsOf = (name: string) =>
    layersOf(model)
      .find((layer) => layer.name === name)
      ?.getConfig();
  const table = fieldsOf(TABLE);
  if (!table) {
    throw new UserError(
      `Expected a model built by bert() or maskedLanguageModel(), to prune its vocabulary, got "${model.name}" without a layer "${TABLE}".`,
    );
  }
  const padId = fieldsOf(PLACES)?.['padId'] as number | undefined;
  return { rows: table['rows'] as number, pinned: padId === undefined ? 0 : padId + 1 };
}

/**
 * A model with some rows of its table of pieces: what was row `kept[i]` is row i. The bias of a decoder that is tied to the table is cut
 * too, and so are masks; everything else stays as it is.
 *
 * @param kept numbers of rows, rising.
 * @returns a new model, the caller's.
 * @throws UserError for a model with something attached to it but masks.
 */
export function cutVocabulary(model: tf.LayersModel, kept: readonly number[]): tf.LayersModel {
  expectBare(model);
  const { model: smaller } = cloneModel(model, {
    settings: ({ name }): Readonly<Record<string, number>> => (name === TABLE ? { rows: kept.length } : {}),
  });
  copyTrainable(smaller, model);
  const values = new Map(weightsOf(model).map(({ path, variable }) => [path, hostOf(variable)]));
  const masks = masksOf(model);
  const cut: [string, Uint8Array][] = [];
  for (const { path, variable } of weightsOf(smaller)) {
    const { data, shape } = values.get(path)!;
    const left = (all: HostTensor['data']) =>
      rowsOf(all, shape, shape[0] === variable.shape[0] ? undefined : kept);
    assign(variable, left(data));
    const mask = masks.get(path);
    if (mask) cut.push([path, left(mask) as Uint8Array]);
  }
  setMasks(smaller, maskSet(cut, masks.latent));
  return smaller;
}

/** A copy of some rows; of all by default. */
function rowsOf<T extends HostTensor['data']>(
  data: T,
  [, ...row]: readonly number[],
  kept: readonly number[] | undefined,
): T {
  if (!kept) return data.slice() as T;
  const width = sizeOf(row);
  const left = new (data.constructor as new (length: number) => T)(kept.length * width);
  kept.forEach((from, to) => left.set(data.subarray(from * width, (from + 1) * width), to * width));
  return left;
}
