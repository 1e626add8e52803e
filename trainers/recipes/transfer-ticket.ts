import { digestOfTensors } from '../../lib/core/tensors-digest';
import { UserError } from '../../lib/core/errors';
import { hostTensor } from '../../lib/core/host-tensor';
import type { MaskSet } from '../../lib/pruning/mask';
import { setMasks } from '../../lib/pruning/model-masks';
import type { TicketOptions } from './lottery-ticket-options';
import { runPhases } from './phases';
import type { Outcome, Setup } from './setup';
import { denseOf, expectTickets, ticketChain, withDefaults } from './ticket-chain';
import type { TicketPlan } from './ticket';

/** Options of {@link transferTicket}. */
export interface TransferTicketOptions extends TicketOptions {
  /** The ticket of a seed, such as `readTicket` finds it in another task's run: hard masks of weights that this setup's model has too. */
  readonly masks: (seed: number) => MaskSet;
}

/**
 * Trains a setup under masks that were found on another task, beside the dense model and the same masks at random, shuffled, or on other first
 * weights. What is not masked, such as another task's classifier, is trained as it is.
 *
 * Of BERT, whose tickets all begin with the same pretrained weights: Chen et al., 2020 (arXiv:2007.12223); Morcos et al., 2019
 * (arXiv:1906.02773).
 *
 * @returns the outcomes, by seed: `dense`, `ticket` at level 1, and its controls.
 * @throws UserError for masks that do not fit the model, before anything is trained, and for steps and controls that do not fit.
 *
 * @example
 * const masks = (seed: number) => readTicket(`runs/mnli/seed-${seed}/ticket-5`);
 * await transferTicket({ setup, folder, seeds: [0], head: 'rewound', masks });
 */
export async function transferTicket(options: TransferTicketOptions): Promise<Outcome[]> {
  const filled = withDefaults(options);
  expectTickets(filled);
  const { setup, seeds, rewinding, controlsBy } = filled;
  const tickets = new Map(seeds.map((seed) => [seed, options.masks(seed)]));
  for (const [seed, masks] of tickets) await expectFits(setup, seed, masks);
  const plan: TicketPlan = {
    ...filled,
    identity: ({ seed }) => ({ masks: digestOf(tickets.get(seed)!) }),
    masks: (_, { seed }) => tickets.get(seed)!,
  };
  return runPhases(
    filled,
    seeds.flatMap((seed) =>
      ticketChain(plan, denseOf(seed, rewinding), { levels: 1, controls: [1], controlsBy }),
    ),
  );
}

const digestOf = (masks: MaskSet): string =>
  digestOfTensors([...masks].map(([path, mask]) => [path, hostTensor(mask, [mask.length])]));

async function expectFits({ model: make }: Setup, seed: number, masks: MaskSet): Promise<void> {
  if (masks.size === 0) throw new UserError(`Expected the masks of a ticket for seed ${seed}, got none.`);
  if (masks.latent) {
    throw new UserError(
      'Expected hard masks of a ticket, got latent ones; make them hard (hardenMasks) first.',
    );
  }
  const model = await make(seed); // to be thrown away
  try {
    setMasks(model, masks);
  } finally {
    model.dispose();
  }
}
