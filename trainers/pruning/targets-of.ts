import { UserError } from '../../lib/core/errors';
import { weightsOf } from '../../lib/core/weights';
import type { Pruner } from '../../lib/pruning/pruner';
import { pruningTargets, SkippedTarget } from '../../lib/pruning/targets';
import type { Training } from '../callback';
import { frozenWeight, PrunedWeight } from './pruned-weight';

/** What a pruner prunes in a training. */
export interface TrainedTargets {
  readonly targets: readonly PrunedWeight[];
  /** What it leaves out by default; nothing where the targets were named. */
  readonly skipped: readonly SkippedTarget[];
}

/**
 * The weights that a pruner prunes: parameters, and, where it names them and needs no gradients, weights that are frozen.
 *
 * @throws UserError for a target that is not there, or is not trained where gradients are needed, or comes twice, and where there is none.
 */
export function targetsOf(
  { model, parameters }: Pick<Training, 'model' | 'parameters'>,
  { targets: named, needs }: Pick<Pruner, 'targets' | 'needs'>,
): TrainedTargets {
  const { targets, skipped } = named
    ? { targets: named.map((path) => ({ path })), skipped: [] }
    : pruningTargets(model);
  const paths = targets.map(({ path }) => path);
  if (paths.length === 0) throw noTargets(model.name, named !== undefined, skipped);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UserError(`Expected different pruning targets, got "${twice}" twice.`);
  const frozen = needs.length > 0 ? [] : weightsOf(model).filter(({ trainable }) => !trainable);
  const found = paths.map((path) => {
    const parameter = parameters.list.find((candidate) => candidate.path === path);
    if (parameter) return parameter;
    const weight = frozen.find((candidate) => candidate.path === path);
    if (weight) return frozenWeight(model, weight);
    throw new UserError(`Expected the pruning target "${path}" to be a trainable weight of the model.`);
  });
  return { targets: found, skipped };
}

/** The targets and what is left out, as a Markdown text. */
export function describeTargets({ targets, skipped }: TrainedTargets): string {
  const listed = targets.map(({ path, variable }) => `- \`${path}\`: ${variable.size} values`);
  const left = skipped.map(({ path, why }) => `- \`${path}\`: ${why}`);
  return [
    `Pruned:\n\n${listed.join('\n')}`,
    ...(left.length > 0 ? [`Not pruned:\n\n${left.join('\n')}`] : []),
  ].join('\n\n');
}

function noTargets(model: string, named: boolean, skipped: readonly SkippedTarget[]): UserError {
  const reasons = skipped.map(({ path, why }) => `${path}: ${why}`).join('; ');
  const found = named ? 'an empty list of targets' : `none (${reasons})`;
  return new UserError(
    `Expected weights of "${model}" to prune, got ${found}; name them (targets: ['dense/kernel']).`,
  );
}
