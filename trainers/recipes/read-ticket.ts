import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import type { MaskSet } from '../../lib/pruning/mask';
import { loadMasks } from '../../lib/pruning/mask-file';
import { readState, STATE_FILE } from './phase-state';
import { masksIn } from './ticket-state';

/**
 * The masks of a ticket, to be compared, saved, or transferred.
 *
 * @param place a file that `saveMasks` wrote, or the folder of a ticket in that of its recipe, `<folder>/seed-<n>/ticket-<level>`.
 * @throws UserError for a place where there is nothing, or something else.
 *
 * @example saveMasks('ticket.safetensors', readTicket('runs/first/seed-0/ticket-5'));
 */
export function readTicket(place: string): MaskSet {
  if (!fs.existsSync(place)) throw new UserError(`Expected a ticket at ${place}, found nothing there.`);
  if (!fs.statSync(place).isDirectory()) return loadMasks(place);
  const state = path.join(place, STATE_FILE);
  const masks = fs.existsSync(state) ? masksIn(readState(state).tensors) : new Map<string, Uint8Array>();
  if (masks.size > 0) return masks;
  throw new UserError(
    `Expected ${place} to be the folder of a ticket, such as <run>/seed-0/ticket-1, but it holds no masks.`,
  );
}
