/** What each unit of a layer is worth keeping, the more the larger. */
export type Scores = ArrayLike<number>;

/** How important the heads and neurons of a BERT are, by layer: numbers that add up. */
export interface Importance {
  readonly heads: readonly Scores[];
  readonly neurons: readonly Scores[];
}
