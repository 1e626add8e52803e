import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import type { MaskSet } from '../lib/pruning/mask';
import { readTicket } from '../trainers/recipes/read-ticket';
import { readResult } from './result';

/**
 * The ticket that an option names, by seed: of a run of `lth-bert` its sparsest winning one, of the same seed; of a folder of one of its tickets, or
 * of a file of masks, that one for every seed.
 *
 * @throws UserError for a run without a winning ticket, or of other seeds, and for what is no ticket.
 */
export function ticketOf(place: string): (seed: number) => MaskSet {
  const result = path.join(place, 'result.json');
  if (!fs.existsSync(result)) return () => readTicket(place);
  const { winning, rows } = readResult(result);
  const level = winning?.sparsest?.level;
  if (level === undefined) {
    throw new UserError(
      `Expected a run with a winning ticket, but ${place} has none; name one of its tickets, such as ${path.join(place, 'seed-0', 'ticket-1')}.`,
    );
  }
  const seeds = rows.filter((row) => row.method === 'ticket' && row.level === level).map(({ seed }) => seed);
  return (seed) => {
    if (seeds.includes(seed)) return readTicket(path.join(place, `seed-${seed}`, `ticket-${level}`));
    throw new UserError(
      `Expected a ticket of seed ${seed} in ${place}, found those of ${seeds.join(', ')}; choose other seeds, or name one ticket for all of them.`,
    );
  };
}
