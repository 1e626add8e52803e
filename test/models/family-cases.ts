import type { BertConfig } from '../../lib/models/bert-config';
import type { FamilyName } from '../../lib/models/family';

export const familyNames = ['bert', 'distilbert', 'roberta', 'electra'] as const;

/** A tiny one of each family. */
export const tiny = (family: FamilyName): BertConfig => ({
  family,
  vocabSize: 11,
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  intermediateSize: 12,
  maxPositions: 6,
  labels: 3,
  initializerRange: 0.5,
  seed: 1,
  ...(family === 'electra' && { embeddingSize: 6 }),
});
