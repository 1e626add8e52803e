import * as fs from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import { UserError } from '../lib/core/errors';
import { printable, quoted } from '../lib/core/printable';
import { pathsMatching } from '../lib/core/paths-matching';
import { SparsityRule, sparsityOfRules } from '../lib/pruning/distributions/layerwise';
import type { Pattern } from '../lib/pruning/pattern';
import { expectReachable } from '../lib/pruning/prune';
import { defaultTargets } from '../lib/pruning/targets';

const KEYS = ['match', 'sparsity'];

/**
 * Reads rules of sparsities, a JSON list of `{ match, sparsity }`.
 *
 * @throws UserError, with the file and the rule, for what is no such list.
 */
export function readRules(file: string): SparsityRule[] {
  const rules = parse(file);
  if (!Array.isArray(rules)) {
    throw new UserError(`Expected a list of { "match", "sparsity" } in ${file}, got ${kindOf(rules)}.`);
  }
  rules.forEach((rule: unknown, i) => expectRule(rule, placeOf(file, i)));
  if (rules.some(({ sparsity }: SparsityRule) => sparsity > 0)) return rules as SparsityRule[];
  throw new UserError(`Expected rules of at least one sparsity above 0 in ${file}, got none.`);
}

/**
 * What the rules of a file come to in a model.
 *
 * @throws UserError, with the file and the rule, for one that matches nothing; and for sparsities that the pattern cannot have.
 */
export function sparsityOfFile(file: string, model: tf.LayersModel, pattern: Pattern): number {
  const rules = readRules(file);
  const targets = defaultTargets(model);
  const layers = [...new Set(targets.map(({ path }) => path.slice(0, path.lastIndexOf('/'))))];
  rules.forEach(({ match, sparsity }, i) =>
    at(placeOf(file, i), () => {
      pathsMatching(match, layers);
      expectReachable(sparsity, pattern);
    }),
  );
  return sparsityOfRules(rules, targets, pattern);
}

function parse(file: string): unknown {
  if (!fs.existsSync(file)) throw new UserError(`Expected rules at ${file}, found no such file.`);
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(
      `Expected rules as JSON in ${file}, but it is none: ${printable((error as Error).message)}.`,
      {
        cause: error,
      },
    );
  }
}

function expectRule(rule: unknown, place: string): void {
  const found = typeof rule === 'object' && rule !== null ? (rule as Partial<SparsityRule>) : {};
  const { match, sparsity } = found;
  const isRule = typeof match === 'string' && Object.keys(found).every((key) => KEYS.includes(key));
  if (isRule && typeof sparsity === 'number' && sparsity >= 0 && sparsity < 1) return;
  throw new UserError(
    `Expected { "match": a path or pattern, "sparsity": a number of at least 0 and below 1 } as ${place}, got ${quoted(rule)}.`,
  );
}

const placeOf = (file: string, i: number) => `rule ${i + 1} of ${file}`;

/** Says where a mistake is. */
function at(place: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof UserError
      ? new UserError(`In ${place}: ${error.message}`, { cause: error })
      : error;
  }
}

const kindOf = (value: unknown) => (typeof value === 'object' && value ? 'an object' : quoted(value));
