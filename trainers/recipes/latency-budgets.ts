import type { LatencyOptions } from '../../lib/analysis/latency';
import { identityOf, Json } from '../../lib/core/config';
import { LatencyBudget, latencyBudget } from '../../lib/structure/latency-budget';
import { latencyCosts, unitLatency } from '../../lib/structure/unit-latency';
import { firstInputs } from './footprint';
import type { Phase } from './phase';
import type { Phases } from './phases';
import type { Setup } from './setup';
import { importanceOf, Scoring, StructuredMethod } from './structured-method';

/** A share of the latency of the model that a phase leaves. */
export interface LatencyShare {
  readonly dense: Phase;
  readonly method: StructuredMethod;
  readonly share: number;
  /** Of its row. */
  readonly name: string;
  /** What decides beside the share. */
  readonly identity: Json;
  readonly scoring: () => Promise<Scoring>;
}

/** What units go for a share of latency. It is measured once and kept beside the trainings: a run that goes on makes the same choice. */
export async function keptBudget(
  phases: Phases,
  latency: LatencyOptions,
  { dense, method, share, name, identity, scoring }: LatencyShare,
): Promise<LatencyBudget> {
  const { setup } = phases.options;
  const costs = latencyCosts(await keptTable(phases, setup, latency, dense));
  const place = identityOf({ identity, removed: share });
  return phases.between(dense, `${name}-latency`, place, async (model) => {
    const importance = await importanceOf(method)(model, await scoring());
    const { perLayer, apart } = method;
    const given = { ...latency, removed: share, costs, perLayer, apart };
    return latencyBudget(model, importance, await firstInputs(setup), given);
  });
}

const keptTable = (phases: Phases, setup: Setup, latency: LatencyOptions, dense: Phase) =>
  phases.between(dense, 'unit-latency', identityOf(latency), async (model) =>
    unitLatency(model, await firstInputs(setup), latency),
  );
