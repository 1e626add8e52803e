import { UserError } from '../core/errors';

/** What goes, and what that comes to. */
export interface Met {
  /** The share that goes of what the units cost that have a score. */
  readonly removed: number;
  /** What is left of the model's latency then, as it was measured. */
  readonly left: number;
}

/** A difference of shares that is near enough. */
const NEAR = 0.01;
/** Measurements at most, beside that of the model without any units. */
const ROUNDS = 4;

const WHOLE: Met = { removed: 0, left: 1 };

/**
 * The share of the units' cost that goes for a share of the latency, by false position: the line between the nearest that were measured, above and below.
 * Of what was measured the nearest counts.
 *
 * @param asked of the latency, in [0, 1]; for 0 nothing is measured.
 * @param measure the share of the latency that is left where so much of the cost goes.
 * @throws UserError where more is left with all units gone.
 */
export async function meetShare(asked: number, measure: (removed: number) => Promise<number>): Promise<Met> {
  if (asked === 0) return WHOLE;
  const wanted = 1 - asked;
  const measured = async (removed: number): Promise<Met> => ({ removed, left: await measure(removed) });
  let [above, below] = [WHOLE, await measured(1)];
  expectReachable(asked, below.left);
  let nearest = below;
  for (let round = 0; round < ROUNDS && distance(nearest, wanted) > NEAR; round++) {
    const met = await measured(between(above, below, wanted));
    if (distance(met, wanted) < distance(nearest, wanted)) nearest = met;
    if (met.left > wanted) above = met;
    else below = met;
  }
  return nearest;
}

const distance = ({ left }: Met, wanted: number): number => Math.abs(left - wanted);

/** Where a line between two comes to what is wanted. */
function between(above: Met, below: Met, wanted: number): number {
  const share = (above.left - wanted) / (above.left - below.left);
  return above.removed + share * (below.removed - above.removed);
}

function expectReachable(asked: number, least: number): void {
  if (1 - asked >= least) return;
  const most = Math.max(0, Math.floor(100 * (1 - least)) / 100);
  throw new UserError(
    `Expected at most ${most} of the latency to go, got ${asked}: without any of the heads and neurons that may go the model still ` +
      `takes ${(100 * least).toFixed(1)} % of its time; ask for less.`,
  );
}
