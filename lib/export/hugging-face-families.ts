import type { FamilyName } from '../models/family';
import { bert } from './hugging-face-bert';
import { distilbert } from './hugging-face-distilbert';
import { electra } from './hugging-face-electra';
import type { HuggingFaceFamily } from './hugging-face-family';
import { roberta } from './hugging-face-roberta';

/** The families by `model_type`. */
export const huggingFaceFamilies: Readonly<Record<FamilyName, HuggingFaceFamily>> = {
  bert,
  distilbert,
  roberta,
  electra,
};
