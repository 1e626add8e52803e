import type * as tf from '@tensorflow/tfjs';
import { signature } from '../compile/jit';
import { Kept, StagedProgram } from '../compile/staged-program';
import type { DerivedInput } from '../core/derived';
import { UserError } from '../core/errors';
import type { HostTensor } from '../core/host-tensor';
import { added, expectLayers, gather, Gathered, GatherOptions } from './gather';
import { record, Recording } from './record';

/** Statistics that are gathered before something about the model changes. */
export interface GatherStage {
  readonly requests: readonly Recording[];
  /** What `onStage` gives other data; later stages see them. Nothing else about the model may change. */
  readonly changes: readonly DerivedInput[];
}

/**
 * `gather` several times, each time after the model was changed by what was found before, in the time of about one pass over the data:
 * what no change reaches is kept from stage to stage, which takes memory for what later layers read of earlier ones, of all the data.
 * A model that cannot be compiled is gone through op by op, from the beginning in each stage.
 *
 * @param onStage is given the statistics of each stage, in the order of its requests, before the next one begins.
 * @throws UserError as `gather` does.
 */
export async function gatherInStages(
  model: tf.LayersModel,
  batches: readonly (readonly HostTensor[])[],
  stages: readonly GatherStage[],
  onStage: (stage: number, found: readonly Gathered[]) => void,
  options: GatherOptions = {},
): Promise<void> {
  const requests = stages.flatMap((stage) => stage.requests);
  expectLayers(model, requests);
  const runs = options.eager ? undefined : await runsOf(model, batches, stages, options);
  try {
    for (const [i, stage] of stages.entries()) {
      onStage(
        i,
        runs
          ? await gatherStage(runs, i, stage.requests)
          : await gather(model, batches, stage.requests, { ...options, eager: true }),
      );
    }
  } finally {
    for (const { program } of runs ?? []) await program.release();
  }
}

/** A batch, its program, and what that has kept for its later stages. */
interface Run {
  readonly batch: readonly HostTensor[];
  readonly program: StagedProgram;
  readonly kept: Kept;
}

/** Undefined where the model cannot be compiled. */
async function runsOf(
  model: tf.LayersModel,
  batches: readonly (readonly HostTensor[])[],
  stages: readonly GatherStage[],
  { rows }: GatherOptions,
): Promise<Run[] | undefined> {
  const requests = stages.flatMap((stage) => stage.requests);
  const parts = stages.map((stage) => ({ results: stage.requests.length, changes: stage.changes }));
  const programs = new Map<string, StagedProgram>();
  const programFor = async (batch: readonly HostTensor[]): Promise<StagedProgram> => {
    const key = signature(batch);
    const program =
      programs.get(key) ??
      (await StagedProgram.compile((...xs) => record(model, xs, requests, rows), batch, parts));
    programs.set(key, program);
    return program;
  };
  try {
    const runs: Run[] = [];
    for (const batch of batches) runs.push({ batch, program: await programFor(batch), kept: new Map() });
    return runs;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function gatherStage(
  runs: readonly Run[],
  stage: number,
  requests: readonly Recording[],
): Promise<Gathered[]> {
  const totals: (Gathered | undefined)[] = requests.map(() => undefined);
  new Set(runs.flatMap(({ program }) => program.inputsOf(stage))).forEach((input) => input.refresh());
  for (const { program, batch, kept } of runs) {
    const values = await program.run(stage, batch, kept);
    values.forEach((value, i) => (totals[i] = added(totals[i], value, requests[i]!)));
  }
  for (const { program } of runs) await program.release(stage);
  return totals as Gathered[];
}
