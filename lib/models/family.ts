import * as tf from '@tensorflow/tfjs';
import { gelu } from './layers/gelu';

/** Where the BERTs of one family differ from those of another. */
export interface Family {
  /** Kinds of token types unless the configuration says otherwise; with 0 the family reads none. */
  readonly typeVocabSize: number;
  /** Piece that fills short rows, unless the configuration says otherwise. */
  readonly padId: number;
  /** Whether positions are counted over the pieces other than `padId`, from `padId + 1` on, rather than from 0 over all. */
  readonly countsPositions: boolean;
  /** Whether it drops what attention adds, as all do what the feed-forward network adds. */
  readonly dropsAttended: boolean;
  /** Whether the head drops before its first dense layer too. */
  readonly dropsBeforePooler: boolean;
  /** What the head makes of its first dense layer. */
  readonly activation: (options: { readonly name: string }) => tf.layers.Layer;
}

type Activation = Family['activation'];
const tanh: Activation = ({ name }) => tf.layers.activation({ name, activation: 'tanh' });
const relu: Activation = ({ name }) => tf.layers.activation({ name, activation: 'relu' });

/** Devlin et al. 2018 (arXiv:1810.04805). */
const bert: Family = {
  typeVocabSize: 2,
  padId: 0,
  countsPositions: false,
  dropsAttended: true,
  dropsBeforePooler: false,
  activation: tanh,
};

/** Sanh et al. 2019 (arXiv:1910.01108). */
const distilbert: Family = { ...bert, typeVocabSize: 0, dropsAttended: false, activation: relu };

/** Liu et al. 2019 (arXiv:1907.11692). */
const roberta: Family = {
  typeVocabSize: 1,
  padId: 1,
  countsPositions: true,
  dropsAttended: true,
  dropsBeforePooler: true,
  activation: tanh,
};

/** Clark et al. 2020 (arXiv:2003.10555). */
const electra: Family = { ...bert, dropsBeforePooler: true, activation: gelu };

/** The families by the names that transformers gives them. */
export const families = { bert, distilbert, roberta, electra };
export type FamilyName = keyof typeof families;

export function isFamilyName(name: unknown): name is FamilyName {
  return typeof name === 'string' && Object.hasOwn(families, name);
}
