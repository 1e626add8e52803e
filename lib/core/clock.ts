/**
 * What every random number of a forward pass is keyed on, besides the name of the layer that draws it: the same seed and
 * tick give the same dropout masks, on every engine and after a resume. The trainer sets it before each forward pass.
 */
export const clock = {
  /** The run's seed. */
  seed: 0,
  /** Forward passes of training so far; gradient accumulation makes several per optimizer step. */
  tick: 0,
};
