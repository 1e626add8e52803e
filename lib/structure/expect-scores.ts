import { UserError } from '../core/errors';
import type { ResolvedBertConfig } from '../models/bert-config';
import type { Importance, Scores } from './importance';

/**
 * @returns the importance.
 * @throws UserError for one that does not fit the model: a list for each layer, of a score of each unit or of none.
 */
export function expectScores(
  importance: Importance,
  { heads, intermediateSize }: Pick<ResolvedBertConfig, 'heads' | 'intermediateSize'>,
): Importance {
  expectByLayer('heads', importance.heads, heads);
  expectByLayer('neurons', importance.neurons, intermediateSize);
  return importance;
}

function expectByLayer(what: string, scores: readonly Scores[], sizes: readonly number[]): void {
  if (scores.length !== sizes.length) {
    throw new UserError(
      `Expected scores of ${what} of each of the ${sizes.length} layers, got ${scores.length} lists.`,
    );
  }
  const wrong = scores.findIndex(({ length }, layer) => length > 0 && length !== sizes[layer]);
  if (wrong < 0) return;
  throw new UserError(
    `Expected a score of each of the ${sizes[wrong]} ${what} of layer ${wrong}, or none of any, got ${scores[wrong]!.length}.`,
  );
}
