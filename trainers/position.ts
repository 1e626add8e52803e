/** How a run walks through its data. */
export interface Plan {
  readonly batchesPerEpoch: number;
  /** Batches per optimizer step; the last step of an epoch takes what is left. */
  readonly accumulation: number;
}

export interface Position {
  readonly epoch: number;
  /** Batches of the epoch already used. */
  readonly cursor: number;
  /** Batches used since the beginning: the forward passes of training so far. */
  readonly tick: number;
}

/** Optimizer steps of one epoch. */
export function stepsPerEpoch({ batchesPerEpoch, accumulation }: Plan): number {
  return Math.ceil(batchesPerEpoch / accumulation);
}

/** Where the data stands after a number of optimizer steps: a function of that number alone, so resuming needs no more. */
export function positionAfter(steps: number, plan: Plan): Position {
  const perEpoch = stepsPerEpoch(plan);
  const epoch = Math.floor(steps / perEpoch);
  const cursor = (steps % perEpoch) * plan.accumulation;
  return { epoch, cursor, tick: epoch * plan.batchesPerEpoch + cursor };
}
