import type * as tf from '@tensorflow/tfjs';
import { groupByInput } from '../../compress/share';
import { UserError } from '../../core/errors';
import { factsOf, weightFacts } from '../../core/facts-of';
import { feedsOf } from '../../core/feeds';
import { pathsMatching } from '../../core/paths-matching';
import { pathsOfLayers, Weight, weightsOf } from '../../core/weights';

/** Layers that get one scheme, and their kernels and tables. */
export interface Group {
  readonly name: string;
  readonly paths: readonly string[];
  readonly weights: readonly Weight[];
}

/** Patterns of the paths of the layers of each group, as rules have them, by the group's name. */
export type GroupPatterns = Readonly<Record<string, string | readonly string[]>>;

export interface GroupOptions {
  readonly groups?: GroupPatterns;
  /** Whether layers that consume the same tensor must have the same choice: schemes differ in what they make of it. */
  readonly sharesInputs: boolean;
}

/**
 * What gets a choice of its own in a model: the groups that were asked for, or each layer with a kernel or a table.
 *
 * @throws UserError for a pattern that matches no such layer, a layer in two groups, and a model without any.
 */
export function groupsOf(model: tf.LayersModel, { groups, sharesInputs }: GroupOptions): Group[] {
  const weightsAt = weightsByLayer(model);
  const all = [...weightsAt.keys()];
  if (all.length === 0) {
    throw new UserError(`Expected kernels or tables in "${model.name}" to choose schemes for, found none.`);
  }
  const named = groups ? matched(groups, all) : apart(model, weightsAt, sharesInputs);
  return named.map(([name, paths]) => ({
    name,
    paths,
    weights: paths.flatMap((path) => weightsAt.get(path)!),
  }));
}

type Named = [name: string, paths: readonly string[]];

/** Kernels and tables, by the paths of their layers. */
function weightsByLayer(model: tf.LayersModel): Map<string, Weight[]> {
  const pathOf = pathsOfLayers(model);
  const found = new Map<string, Weight[]>();
  for (const weight of weightsOf(model).filter((weight) => 'channels' in weightFacts(weight))) {
    const path = pathOf.get(weight.layer)!;
    found.set(path, [...(found.get(path) ?? []), weight]);
  }
  return found;
}

function matched(groups: GroupPatterns, all: readonly string[]): Named[] {
  const owners = new Map<string, string>();
  const named = Object.entries(groups).map(([name, patterns]): Named => {
    const paths = new Set([patterns].flat().flatMap((pattern) => pathsMatching(pattern, all)));
    for (const path of paths) {
      const other = owners.get(path);
      if (other !== undefined) {
        throw new UserError(`Expected each layer in one group, got "${path}" in "${other}" and "${name}".`);
      }
      owners.set(path, name);
    }
    return [name, all.filter((path) => paths.has(path))];
  });
  if (named.length > 0) return named;
  throw new UserError('Expected at least one group, got none; leave groups out for one of each layer.');
}

function apart(
  model: tf.LayersModel,
  weightsAt: ReadonlyMap<string, readonly Weight[]>,
  sharesInputs: boolean,
): Named[] {
  const all = [...weightsAt.keys()];
  if (!sharesInputs) return all.map((path) => [path, [path]]);
  const pathOf = new Map(all.map((path) => [weightsAt.get(path)![0]!.layer, path]));
  const feeds = feedsOf(model);
  const products = [...pathOf.keys()].filter((layer) => feeds.layers.includes(layer) && !isLookup(layer));
  const together = groupByInput(products, feeds);
  return [...pathOf.keys()].flatMap((layer): Named[] => {
    const members = together.find((group) => group.includes(layer)) ?? [layer];
    if (layer !== members[0]) return [];
    const paths = members.map((member) => pathOf.get(member)!);
    return [[paths.join(' + '), paths]];
  });
}

const isLookup = (layer: tf.layers.Layer): boolean => factsOf(layer)?.isLookup === true;
