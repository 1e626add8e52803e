import { UserError } from '../../lib/core/errors';
import type { Pruner } from '../../lib/pruning/pruner';
import { defaultTargets } from '../../lib/pruning/targets';
import type { Training } from '../callback';
import type { Parameter } from '../parameters';

/**
 * The parameters that a pruner prunes.
 *
 * @throws UserError for a target that is not trained or comes twice, and where there is none.
 */
export function targetsOf(
  { model, parameters }: Pick<Training, 'model' | 'parameters'>,
  { targets }: Pick<Pruner, 'targets'>,
): Parameter[] {
  const paths = targets ?? defaultTargets(model).map(({ path }) => path);
  if (paths.length === 0) throw noTargets(model.name, targets !== undefined);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UserError(`Expected different pruning targets, got "${twice}" twice.`);
  return paths.map((path) => {
    const parameter = parameters.list.find((candidate) => candidate.path === path);
    if (parameter) return parameter;
    throw new UserError(`Expected the pruning target "${path}" to be a trainable weight of the model.`);
  });
}

function noTargets(model: string, named: boolean): UserError {
  const found = named
    ? 'an empty list of targets'
    : 'none: it has no trainable weights of rank 2 or more but for embeddings, norms and the classifier';
  return new UserError(
    `Expected weights of "${model}" to prune, got ${found}; name them (targets: ['dense/kernel']).`,
  );
}
