/**
 * What tickets are told apart from:
 *
 * - `random`: the same start with random masks of the same sparsity in all: is it the masks at all?
 * - `shuffled`: the same start with the masks shuffled inside of every layer: which weights, or how many in which layer?
 *   Drawn as `random` is: of a model with one target the two are the same.
 * - `reinit`: the same masks with other first weights: do they win by themselves? These begin at step 0, whatever is rewound.
 * - `dense-again`: the same start without masks, level after level: what do the further steps do?
 */
export const CONTROL_NAMES = ['random', 'shuffled', 'reinit', 'dense-again'] as const;
export type ControlName = (typeof CONTROL_NAMES)[number];
