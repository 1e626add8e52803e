import type { HostTensor } from '../../lib/core/host-tensor';
import { UserError } from '../../lib/core/errors';
import type { Importance } from '../../lib/structure/importance';
import { logitFisher, UnlabelledBatches } from '../../lib/structure/logit-fisher';
import { shrinkToBudget, ShrinkToBudgetOptions } from '../../lib/structure/shrink-to-budget';
import type { InferenceOptions } from '../inference';
import { densePhase } from './dense';
import { expectNames } from './method-names';
import type { Phase } from './phase';
import { runPhases } from './phases';
import type { Outcome, RecipeOptions } from './setup';

export interface StructuredPruningOptions
  extends RecipeOptions, Pick<ShrinkToBudgetOptions, 'examples' | 'tokens' | 'refit'> {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Shares of the encoder's multiply-adds that go, in [0, 1]; a row each. */
  readonly removed: readonly number[];
  /** Epochs that what is left is trained for, and the dense model beside it; 0, not at all, by default. */
  readonly train?: number;
  /** How what is cut is run for the reported score. */
  readonly inference?: InferenceOptions;
}

/**
 * Heads and neurons cut out of a trained model, or of one taken as it is where the setup has no epochs, without training (`shrinkToBudget`),
 * and trained on if asked: then beside the dense model trained for as much longer.
 *
 * Kwon et al., 2022 (arXiv:2204.09656).
 *
 * @returns `dense`, `structured-40` with 40 % gone, and so on; with `train` then each of them as `…+trained`.
 * @throws UserError for shares and epochs that are none, and for a share that comes twice.
 *
 * @example await structuredPruning({ setup, folder, seed: 0, removed: [0.4, 0.6] });
 */
export async function structuredPruning(options: StructuredPruningOptions): Promise<Outcome[]> {
  const { setup, seed, removed, train = 0 } = options;
  expectOptions(removed, train);
  expectNames(removed.map((share) => ({ name: nameOf(share) })));
  const dense = densePhase(seed, { handsOn: true, trains: setup.epochs > 0 });
  const importance = once(logitFisher);
  const cut = removed.map((share) => structuredPhase(options, importance, { dense, share }));
  const longer = train === 0 ? [] : [dense, ...cut].map((phase) => trainedOn(phase, train));
  return runPhases(options, [dense, ...cut, ...longer]);
}

interface Place {
  readonly dense: Phase;
  readonly share: number;
}

function structuredPhase(
  { setup, seed, examples, tokens, refit, train = 0 }: StructuredPruningOptions,
  importance: typeof logitFisher,
  { dense, share }: Place,
): Phase {
  return {
    label: { method: nameOf(share), role: 'method', seed },
    identity: { removed: share, examples: { ...examples }, tokens: tokens ?? null, refit: refit ?? true },
    after: dense,
    handsOn: train > 0,
    trains: false,
    attach: (model) => ({
      async end() {
        const data = inputsOf(setup.data(seed));
        const found = await shrinkToBudget(model, {
          data,
          removed: share,
          examples,
          tokens,
          refit,
          importance,
        });
        return found.model;
      },
    }),
  };
}

/** `structured-40` with 40 % gone. */
const nameOf = (share: number) => `structured-${Number((100 * share).toFixed(4))}`;

const trainedOn = (phase: Phase, epochs: number): Phase => ({
  label: { ...phase.label, method: `${phase.label.method}+trained` },
  identity: null,
  after: phase,
  epochs,
});

/** The inputs of a training epoch, batch by batch. */
async function* inputsOf(source: ReturnType<RecipeOptions['setup']['data']>): AsyncGenerator<HostTensor[]> {
  for await (const { xs } of source.epoch(0)) yield xs;
}

/** The same model is asked about for each share. */
function once(find: typeof logitFisher): typeof logitFisher {
  let found: Promise<Importance> | undefined;
  return (model, batches: UnlabelledBatches) => (found ??= find(model, batches));
}

function expectOptions(removed: readonly number[], train: number): void {
  const wrong = removed.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined || removed.length === 0) {
    throw new UserError(
      `Expected \`removed\` to be shares from 0 to 1 of the multiply-adds, got ${wrong ?? 'none'}; name some, such as 0.4.`,
    );
  }
  if (Number.isInteger(train) && train >= 0) return;
  throw new UserError(`Expected \`train\` to be a number of epochs, 0 or more, got ${train}.`);
}
