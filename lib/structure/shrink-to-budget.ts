import * as tf from '@tensorflow/tfjs';
import type { GatherData } from '../analysis/gather';
import { undoOnFailure } from '../core/conclude';
import { UserError } from '../core/errors';
import { HostTensor, readHost } from '../core/host-tensor';
import { bertConfigOf } from '../models/bert-config-of';
import { Choice, ChoiceOptions, chooseUnits } from './choose-units';
import { expectScores } from './expect-scores';
import { expectShare } from './expect-share';
import { firstExamples } from './first-examples';
import type { Importance, UnlabelledBatches } from './importance';
import { logitFisher } from './logit-fisher';
import { refitOutputs, RefitOptions } from './refit';
import { shrink } from './shrink';
import { multiplyAdds, scoredCost, UnitCosts } from './unit-costs';

/** What is to go, or what may stay. */
export type UnitBudget =
  | {
      /** The share that is to go of what the units cost that have a score, in [0, 1]. */
      readonly removed: number;
      /** Instead of `removed`, not beside it. */
      readonly budget?: never;
    }
  | {
      /** What those that stay may cost, in the unit of `costs`. */
      readonly budget: number;
      /** Instead of `budget`, not beside it. */
      readonly removed?: never;
    };

/** Options of {@link shrinkToBudget}. */
export type ShrinkToBudgetOptions = ShrinkingOptions & UnitBudget;

/** How a model is made smaller, whatever its budget. */
export interface ShrinkingOptions extends RefitOptions, Pick<ChoiceOptions, 'perLayer' | 'apart'> {
  /**
   * Batches of what the model takes, without labels: some 2 048 examples of training, drawn at random, as `sampleBatches` does, and of each
   * length some together.
   */
  readonly data: GatherData;
  /** What a head and a neuron cost: parameters, milliseconds, 1 each. Default `multiplyAdds`. */
  readonly costs?: UnitCosts;
  /** Length of the texts that multiply-adds are counted for. Default 64. */
  readonly tokens?: number;
  /** How much of the data is read, the first examples of it, in whole batches. */
  readonly examples?: {
    /** Examples that importance is found by. Default 2048. */
    readonly importance?: number;
    /** Examples that output projections are fitted on. Default 1024. */
    readonly refit?: number;
  };
  /** How important heads and neurons are. Default `logitFisher`. */
  readonly importance?: (model: tf.LayersModel, batches: UnlabelledBatches) => Promise<Importance>;
  /** Whether output projections are fitted. Default true. */
  readonly refit?: boolean;
}

/** A point of what a budget costs. */
export interface KeptShare {
  /** The share of the cost that goes. */
  readonly removed: number;
  /** The share of importance that stays. */
  readonly kept: number;
}

/** A model within a budget, and how it was found. */
export interface Shrunk {
  /** Smaller, the caller's. */
  readonly model: tf.LayersModel;
  /** The numbers of the heads and neurons that are gone, in each layer. */
  readonly cut: Choice['cut'];
  /** The share of the cost that is gone: at least what was asked. */
  readonly removed: number;
  /** What the same importance would have kept at other budgets. */
  readonly curve: readonly KeptShare[];
  /** Wall time of each part. */
  readonly seconds: {
    /** Of finding the importance. */
    readonly importance: number;
    /** Of the search, and of building the smaller model. */
    readonly cut: number;
    /** Of fitting output projections; next to 0 where they are not. */
    readonly refit: number;
  };
}

/**
 * **Structured pruning without training, in seconds** (after Kwon et al., 2022, arXiv:2204.09656): how important each head and neuron is on some
 * data, by squared gradients of gates; the choice of both that keeps the most importance within a budget, exactly, with unequal numbers
 * per layer; and output projections fitted by least squares to what the model gave before. The model is left as it is.
 *
 * @throws UserError for a model that was not built by `bert`, a share or a budget that is none, scores that do not fit the model, and as the
 *   parts do.
 *
 * @example
 * const { model: smaller, cut, curve } = await shrinkToBudget(model, { data: batches, removed: 0.5 });
 */
export async function shrinkToBudget(model: tf.LayersModel, options: ShrinkToBudgetOptions): Promise<Shrunk> {
  const {
    data,
    removed,
    budget,
    tokens = 64,
    examples = {},
    importance = logitFisher,
    refit = true,
    ridge,
  } = options;
  if (removed !== undefined) expectShare(removed, 'the cost');
  if (removed !== undefined && budget !== undefined) {
    throw new UserError(
      `Expected \`removed\` or \`budget\`, got both, ${removed} and ${budget as number}; leave one out.`,
    );
  }
  const config = bertConfigOf(model);
  const { costs = multiplyAdds(config, tokens) } = options;
  const batches = await batchesOf(data, Math.max(examples.importance ?? 2048, examples.refit ?? 1024));
  const found = await timed(async () =>
    expectScores(await importance(model, firstExamples(batches, examples.importance ?? 2048)), config),
  );
  const whole = scoredCost(found.value, costs);
  const choose = (budget: number) => chooseUnits(found.value, costs, budget, options);
  const smaller = await timed(async () => {
    const choice = choose(removed === undefined ? options.budget : (1 - removed) * whole);
    return { choice, model: shrink(model, choice.cut) };
  });
  const { choice } = smaller.value;
  const fitted = await timed(() =>
    undoOnFailure(
      async () => {
        if (refit)
          await refitOutputs(model, smaller.value.model, firstExamples(batches, examples.refit ?? 1024), {
            ridge,
          });
      },
      () => smaller.value.model.dispose(),
    ),
  );
  return {
    model: smaller.value.model,
    cut: choice.cut,
    removed: whole === 0 ? 0 : 1 - choice.cost / whole,
    curve: SHARES.map((gone) => ({ removed: gone, kept: choose((1 - gone) * whole).kept })),
    seconds: { importance: found.seconds, cut: smaller.seconds, refit: fitted.seconds },
  };
}

const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** Batches until there are so many examples. */
async function batchesOf(data: GatherData, most: number): Promise<HostTensor[][]> {
  const batches: HostTensor[][] = [];
  let count = 0;
  for await (const batch of data) {
    const xs = await Promise.all(batch.map(copied));
    batches.push(xs);
    count += xs[0]!.shape[0]!;
    if (count >= most) break;
  }
  return batches;
}

async function copied(x: HostTensor | tf.Tensor): Promise<HostTensor> {
  const { data, shape, dtype } = x instanceof tf.Tensor ? await readHost(x) : x;
  return { data: data.slice(), shape, dtype };
}

async function timed<T>(body: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await body();
  return { value, seconds: (performance.now() - start) / 1000 };
}
