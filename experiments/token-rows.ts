import type { RowSelector } from '../lib/analysis/record';

/** Of what a BERT's layers read, tokens count and padding does not. */
export const tokenRows: RowSelector = ([, attentionMask], x) =>
  x.rank === 3 && x.shape[1] === attentionMask!.shape[1] ? attentionMask : undefined;
