import type * as tf from '@tensorflow/tfjs';
import { factsOf } from '../lib/core/facts-of';
import { UserError } from '../lib/core/errors';
import { feedsOf } from '../lib/core/feeds';
import type { HostTensor } from '../lib/core/host-tensor';

/** An input of a model whose numbers name rows of a table. */
export interface IdRange {
  /** Its place among the model's inputs. */
  readonly input: number;
  readonly name: string;
  readonly table: string;
  readonly rows: number;
}

/** The inputs of a model that are looked up as they are; with several tables, each. */
export function idRangesOf(model: tf.LayersModel): IdRange[] {
  const feeds = feedsOf(model);
  const sources = model.inputs.map(({ sourceLayer }) => sourceLayer);
  return feeds.layers.flatMap((layer) => {
    const ids = factsOf(layer)?.ids;
    const rows = layer.weights[0]?.shape[0];
    if (ids === undefined || !rows || rows === 1) return []; // of a single row there is nothing to choose
    const inputs = feeds
      .producersOf(layer)
      .flatMap((feed) => (feed.input === ids ? [sources.indexOf(feed.producer)] : []));
    return inputs.flatMap((input) =>
      input < 0 ? [] : [{ input, name: model.inputNames[input]!, table: layer.name, rows }],
    );
  });
}

/** @throws UserError for the first number that names no row, with its example's row. */
export function expectIds(xs: readonly HostTensor[], ranges: readonly IdRange[], where: string): void {
  for (const { input, name, table, rows } of ranges) {
    const { data, shape } = xs[input]!;
    const at = data.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < rows));
    if (at < 0) continue;
    const row = Math.floor((at * shape[0]!) / data.length);
    throw new UserError(
      `Expected numbers from 0 to ${rows - 1} in the input "${name}", the rows of "${table}", got ${data[at]} in row ${row} of ${where} ` +
        '(rows count from 0).',
    );
  }
}
