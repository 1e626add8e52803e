import type * as tf from '@tensorflow/tfjs';
import { assign } from '../../core/assign';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import { Weight } from '../../core/weights';
import { expectOutputsLast, readsOutputs } from '../../pruning/expect-outputs-last';
import type { Pattern } from '../../pruning/pattern';
import { prune } from '../../pruning/prune';
import { effectiveValues } from '../../pruning/model-masks';
import { magnitude, Saliency } from '../../pruning/saliency';
import { zeroPruned } from '../../pruning/rewind';
import { defaultTargets } from '../../pruning/targets';
import type { Change, Measure, OpenMeasure } from '../measures/measure';
import { Group, GroupPatterns, groupsOf } from './groups';
import { openSubject } from './subject';

/** What one group of layers loses at one sparsity. */
export interface PruningRow {
  /** Name of the group. */
  readonly group: string;
  /** Paths of its layers. */
  readonly paths: readonly string[];
  /** That was asked for, a fraction in (0, 1); `zeros / parameters` is what came of it. */
  readonly sparsity: number;
  /** Values of its weights, and how many of them were 0. */
  readonly parameters: number;
  /** Counted on the weights, those that were 0 before included. */
  readonly zeros: number;
  /** In the measure's unit, less being better. */
  readonly loss: number;
}

/** Plain data, the same again after `JSON.parse(JSON.stringify(table))`. */
export interface PruningTable {
  /** What `loss` is: `score`. */
  readonly measure: string;
  /** Group by group, each from the lowest sparsity to the highest. */
  readonly rows: readonly PruningRow[];
}

/** Options of {@link pruningSensitivity}. */
export interface PruningSensitivityOptions {
  /** What is lost: `scoreLoss`, `outputNoise`, `fisher`. */
  readonly measure: Measure;
  /** Fractions above 0 and below 1. Default 0.1, 0.2, … 0.9. */
  readonly sparsities?: readonly number[];
  /** One that looks at the weights alone. Default `magnitude`. */
  readonly saliency?: Saliency;
  /** Default `unstructured`. */
  readonly pattern?: Pattern;
  /**
   * Patterns of the paths of the layers of each group, by its name: their kernels and tables. Default: every layer with weights that are
   * pruned by default, by itself.
   */
  readonly groups?: GroupPatterns;
  /** Op by op on tfjs's current backend, for models that cannot be compiled. Default false. */
  readonly eager?: boolean;
  /** Told of each row as it is found. */
  readonly onRow?: (row: PruningRow) => void;
}

export const USUAL_SPARSITIES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * **What each layer loses by pruning**: one group of layers at a time is pruned to each sparsity, without training, and the others stay as they
 * are. `pruningCurves` makes curves of the table, `sparsityRulesOf` rules. The model is left as it was, also on an error.
 *
 * Han et al., 2015 (arXiv:1506.02626), figure 6.
 *
 * @throws UserError for sparsities that are none or come twice, a saliency that needs something gathered, groups that match nothing or overlap,
 *   a pattern that does not divide a weight or that takes other axes for its outputs, and a loss that is not finite.
 *
 * @example
 * const score = async (answers) => (await evaluate(answers, dev, { loss, metrics })).accuracy;
 * const table = await pruningSensitivity(model, { measure: scoreLoss({ score }) });
 * const rules = sparsityRulesOf(table, { loss: 0.01 });
 */
export async function pruningSensitivity(
  model: tf.LayersModel,
  options: PruningSensitivityOptions,
): Promise<PruningTable> {
  const { measure, eager = false } = options;
  const sparsities = sparsitiesOf(options);
  expectByWeights(options.saliency);
  const groups = options.groups
    ? groupsOf(model, { groups: options.groups, sharesInputs: false })
    : prunedLayers(model);
  const weights = groups.flatMap((group) => group.weights);
  const paths = weights.map(({ path }) => path);
  if (readsOutputs(options)) expectOutputsLast(model, paths);
  const subject = openSubject(model, weights, eager);
  try {
    const opened = await measure.open(subject);
    const rows: PruningRow[] = [];
    for (const group of groups) {
      for (const sparsity of sparsities) rows.push(await rowOf(group, sparsity, opened, options));
    }
    return { measure: measure.name, rows };
  } finally {
    await subject.dispose();
  }
}

/** The layers of the default targets, each by itself. */
export function prunedLayers(model: tf.LayersModel): Group[] {
  const layers = new Map<string, Weight[]>();
  for (const weight of defaultTargets(model)) {
    const path = weight.path.slice(0, weight.path.lastIndexOf('/'));
    layers.set(path, [...(layers.get(path) ?? []), weight]);
  }
  if (layers.size > 0) return [...layers].map(([name, weights]) => ({ name, paths: [name], weights }));
  throw new UserError(`Expected weights of "${model.name}" to prune, found none; name some (groups).`);
}

async function rowOf(
  { name: group, paths, weights }: Group,
  sparsity: number,
  measure: OpenMeasure,
  options: PruningSensitivityOptions,
): Promise<PruningRow> {
  const changes = prunedChanges(weights, sparsity, options);
  const parameters = changes.reduce((sum, { before }) => sum + before.length, 0);
  const zeros = changes.reduce((sum, { after }) => sum + after.filter((value) => value === 0).length, 0);
  const loss = await withChanges(weights, changes, () => measure.lossOf(changes));
  if (!Number.isFinite(loss)) {
    throw new UserError(`Expected a finite loss of "${group}" at a sparsity of ${sparsity}, got ${loss}.`);
  }
  const row = { group, paths, sparsity, parameters, zeros, loss };
  options.onRow?.(row);
  return row;
}

function prunedChanges(
  weights: readonly Weight[],
  sparsity: number,
  { saliency, pattern }: PruningSensitivityOptions,
): Change[] {
  const before = new Map(
    weights.map(({ path, variable }) => {
      const data = Float32Array.from(effectiveValues(variable));
      return [path, { data, shape: variable.shape }];
    }),
  );
  const masks = prune(sparsity, before, new Map(), { saliency, pattern });
  return [...before].map(([path, { data }]) => {
    const after = data.slice();
    zeroPruned(after, masks.get(path));
    return { path, before: data, after };
  });
}

/** Lets the model compute with the changes meanwhile. */
async function withChanges<T>(
  weights: readonly Weight[],
  changes: readonly Change[],
  use: () => Promise<T>,
): Promise<T> {
  const kept = weights.map(({ variable }) => hostOf(variable).data.slice());
  try {
    weights.forEach(({ variable }, i) => assign(variable, changes[i]!.after));
    return await use();
  } finally {
    weights.forEach(({ variable }, i) => assign(variable, kept[i] as Float32Array));
  }
}

function sparsitiesOf({ sparsities = USUAL_SPARSITIES }: PruningSensitivityOptions): readonly number[] {
  const wrong = sparsities.find((sparsity) => !(sparsity > 0 && sparsity < 1));
  if (wrong === undefined && sparsities.length > 0 && new Set(sparsities).size === sparsities.length) {
    return [...sparsities].sort((a, b) => a - b);
  }
  throw new UserError(
    `Expected different sparsities, at least one, above 0 and below 1, got ${sparsities.join(', ') || 'none'}.`,
  );
}

/** @throws UserError for a saliency that needs something gathered. */
export function expectByWeights({ needs = [] }: Saliency = magnitude): void {
  if (needs.length === 0) return;
  throw new UserError(
    `Expected a saliency that looks at weights alone, got one that needs "${needs[0]!.name}"; prune by it in a training (pruning).`,
  );
}
