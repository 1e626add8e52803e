import type { FamilyName } from '../../models/family';
import { bert } from './bert';
import { distilbert } from './distilbert';
import { electra } from './electra';
import type { HuggingFaceFamily } from './family';
import { roberta } from './roberta';

/** The families by `model_type`. */
export const huggingFaceFamilies: Readonly<Record<FamilyName, HuggingFaceFamily>> = {
  bert,
  distilbert,
  roberta,
  electra,
};
