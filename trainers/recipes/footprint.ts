import type * as tf from '@tensorflow/tfjs';
import { measureFootprint } from '../../lib/analysis/footprint';
import type { Compressed } from '../../lib/compress/compressed';
import { UserError } from '../../lib/core/errors';
import type { HostTensor } from '../../lib/core/host-tensor';
import type { Label, Outcome, RecipeOptions, Setup } from './setup';

/** What a model's file costs beside the setup's own model in floats, if the options ask for it. */
export async function footprintOf(
  { setup, footprint }: RecipeOptions,
  subject: tf.LayersModel | Compressed,
  { seed }: Label,
): Promise<Pick<Outcome, 'footprint'>> {
  if (!footprint) return {};
  const reference = await setup.model(seed);
  try {
    return { footprint: await measureFootprint(subject, reference, await firstInputs(setup), footprint) };
  } finally {
    reference.dispose();
  }
}

/** The batch that files are measured on. @throws UserError where there is none. */
export async function firstInputs({ dev }: Setup): Promise<HostTensor[]> {
  for await (const { xs } of dev.epoch(0)) return xs;
  throw new UserError('Expected development data to measure a model on, received none.');
}
