import * as tf from '@tensorflow/tfjs';
import { ProgramCache } from '../compile/cache';
import { signature } from '../compile/jit';
import { Program } from '../compile/program';
import { UserError } from '../core/errors';
import { HostTensor, readHost } from '../core/host-tensor';
import { layersOf } from '../core/layers';
import { record, Recording, RowSelector } from './record';
import { joinInto } from './statistics';

/** How {@link gather} reads the data. */
export interface GatherOptions {
  /** Which rows count. Default: all. */
  readonly rows?: RowSelector;
  /** Op by op on tfjs's current backend, as is done anyway where the model cannot be compiled. Default false. */
  readonly eager?: boolean;
}

/** The value of a statistic of all the data. */
export interface Gathered {
  /** Of the statistic: [width] of a sum over rows, [width, width] of a Gram matrix. */
  readonly shape: readonly number[];
  /** Row-major, joined over the batches in double precision. */
  readonly data: Float64Array;
}

/** Batches: what the model takes, in the order of its inputs. Tensors stay the caller's. */
export type GatherData =
  AsyncIterable<readonly (HostTensor | tf.Tensor)[]> | Iterable<readonly (HostTensor | tf.Tensor)[]>;

/**
 * Gathers statistics of layers' inputs and outputs in one pass of inference over some data, without dropout: every vector over the
 * last axis is a row. Layers see what they see in `model.predict`, every token and what is attached to them included; a layer
 * that is applied several times has the rows of all its applications. The result does not depend on how the rows come in
 * batches but for rounding: a sum of a million numbers is right to 1e-6. The model is left as it was, also on an error.
 *
 * @returns the statistics in the order of the requests.
 * @throws UserError for a layer that is not the model's or is not applied, for `rows` of another shape, without data, and
 * where a statistic's shape depends on the batch.
 *
 * @example
 * const [gramMatrix, rows] = await gather(
 *   model,
 *   batches,
 *   [
 *     { layer: up, of: 'input', statistic: gram },
 *     { layer: up, of: 'input', statistic: count },
 *   ],
 *   { rows: ([, attentionMask], x) => (x.rank === 3 ? attentionMask : undefined) }, // padding does not count
 * );
 */
export async function gather<const Requests extends readonly Recording[]>(
  model: tf.LayersModel,
  data: GatherData,
  requests: Requests,
  { rows, eager = false }: GatherOptions = {},
): Promise<{ -readonly [Request in keyof Requests]: Gathered }> {
  expectLayers(model, requests);
  const totals: (Gathered | undefined)[] = requests.map(() => undefined);
  const pass = eager ? eagerPass(model, requests, rows) : compiledPass(model, requests, rows);
  try {
    for await (const xs of data) {
      const inputs = await Promise.all(xs.map(toHost));
      (await pass.run(inputs)).forEach((values, i) => (totals[i] = added(totals[i], values, requests[i]!)));
    }
  } finally {
    await pass.dispose();
  }
  if (totals.includes(undefined))
    throw new UserError('Expected at least one batch to gather statistics of, got none.');
  return totals as { -readonly [Request in keyof Requests]: Gathered };
}

/** @throws UserError for a layer that is not the model's. */
export function expectLayers(model: tf.LayersModel, requests: readonly Recording[]): void {
  const known = new Set(layersOf(model));
  const stranger = requests.find(({ layer }) => !known.has(layer));
  if (!stranger) return;
  throw new UserError(
    `Expected layers of "${model.name}" to gather statistics of, got "${stranger.layer.name}", which it does not hold.`,
  );
}

async function toHost(x: HostTensor | tf.Tensor): Promise<HostTensor> {
  return x instanceof tf.Tensor ? readHost(x) : x;
}

/** The statistics so far with those of one more batch. */
export function added(
  total: Gathered | undefined,
  { shape, data }: HostTensor,
  request: Recording,
): Gathered {
  if (!total) return { shape, data: Float64Array.from(data) };
  if (total.shape.join() !== shape.join()) {
    throw new UserError(
      `Expected a statistic of the same shape for every batch of layer "${request.layer.name}", ` +
        `got [${total.shape.join(', ')}], then [${shape.join(', ')}].`,
    );
  }
  joinInto(request.statistic.join, total.data, data);
  return total;
}

/** How the statistics of a batch are computed. */
interface Pass {
  /** The values are good until the next run. */
  run(inputs: readonly HostTensor[]): Promise<readonly HostTensor[]>;
  dispose(): Promise<void>;
}

type PassOf = (model: tf.LayersModel, requests: readonly Recording[], rows: RowSelector | undefined) => Pass;

const eagerPass: PassOf = (model, requests, rows) => ({
  async run(inputs) {
    const recorded = tf.tidy(() =>
      record(
        model,
        inputs.map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype)),
        requests,
        rows,
      ),
    );
    const values = await Promise.all(recorded.map(readHost));
    tf.dispose(recorded as tf.Tensor[]);
    return values;
  },
  dispose: async () => undefined,
});

/** One program per shape of a batch; from the first that cannot be compiled on, op by op. */
const compiledPass: PassOf = (model, requests, rows) => {
  const cache = new ProgramCache(MOST_PROGRAMS);
  const eager = eagerPass(model, requests, rows);
  let compiles = true;
  const compile = (inputs: readonly HostTensor[]) =>
    Program.compile((...xs) => record(model, xs, requests, rows), inputs);
  return {
    async run(inputs) {
      const program = compiles
        ? await cache.get(signature(inputs), () => compile(inputs)).catch(giveUp)
        : undefined;
      return program ? program.run(inputs) : eager.run(inputs);
    },
    dispose: () => cache.dispose(),
  };

  function giveUp(error: unknown): undefined {
    if (!(error instanceof UserError)) throw error;
    compiles = false;
  }
};

const MOST_PROGRAMS = 8;
