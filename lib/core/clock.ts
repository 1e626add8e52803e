/**
 * What every random number of a forward pass is keyed on, besides the name of the layer that draws it: the same seed and
 * tick give the same dropout masks, on every engine and after a resume. It belongs to a run: the trainer says it with each pass.
 */
export interface Clock {
  /** The run's seed, an integer. */
  readonly seed: number;
  /** Forward passes of training so far; gradient accumulation makes several per optimizer step. */
  readonly tick: number;
}

let current: Clock = { seed: 0, tick: 0 };

/** The time of the forward pass that is being computed: that of `atClock`, seed 0 and tick 0 outside of any. */
export function clock(): Clock {
  return current;
}

/**
 * Runs `body`, a forward pass in training, at a time of its own. Of an asynchronous function that is the part before its first `await`;
 * a compiled function (`jit`) draws all of its numbers at the time of its call. So runs at the same time do not mix.
 *
 * @example atClock({ seed: 1, tick: step }, () => forward(model, xs, true));
 */
export function atClock<T>(time: Clock, body: () => T): T {
  const outer = current;
  current = time;
  try {
    return body();
  } finally {
    current = outer;
  }
}
