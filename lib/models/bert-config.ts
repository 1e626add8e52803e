import { UserError } from '../core/errors';
import { quoted } from '../core/printable';
import { checkRate } from '../random/dropout-mask';
import { families, FamilyName, isFamilyName } from './family';
import { Problem, problems } from './problem';

/** Architecture of a BERT classifier. */
export interface BertConfig {
  /** Whose positions, token types and head it has: 'bert' by default, 'distilbert', 'roberta' or 'electra'. */
  readonly family?: FamilyName;
  /** Pieces of the vocabulary. */
  readonly vocabSize: number;
  /** Number of encoder layers. */
  readonly layers: number;
  /** Width of a token's vector. */
  readonly hiddenSize: number;
  /** Width of the embeddings, projected to `hiddenSize` where it is another (ELECTRA); `hiddenSize` by default. */
  readonly embeddingSize?: number;
  /** Attention heads, in every layer or one number per layer; of none the bias of the output projection is left. */
  readonly heads: number | readonly number[];
  /** Width of one head; `hiddenSize / heads` by default, where `heads` is one number. */
  readonly headSize?: number;
  /** Width of the feed-forward network, in every layer or one number per layer, 0 as for `heads`; `4 · hiddenSize` by default. */
  readonly intermediateSize?: number | readonly number[];
  /** Longest sequence, in tokens; 512 by default. */
  readonly maxPositions?: number;
  /** Kinds of token types; by default 2, or 1 in a RoBERTa. A DistilBERT has 0: it ignores them. */
  readonly typeVocabSize?: number;
  /** Piece that fills short rows, over which a RoBERTa does not count positions; 0 by default, or 1 in a RoBERTa. */
  readonly padId?: number;
  /** Number of outputs: classes, labels or numbers; 2 by default, or 1 in a regression. */
  readonly labels?: number;
  /** What the outputs are; 'single-label' by default: classes, of which one is right. */
  readonly problem?: Problem;
  /** Dropout rate of embeddings, of what attention (not a DistilBERT's) and feed-forward network add, and of the head; 0.1 by default. */
  readonly dropout?: number;
  /** Dropout rate of attention weights; 0.1 by default. */
  readonly attentionDropout?: number;
  /** Dropout rate before the classifier; `dropout` by default. */
  readonly classifierDropout?: number;
  /** Layer norm's ε; 1e-12 by default. */
  readonly epsilon?: number;
  /** Standard deviation of the first weights, a normal distribution cut at two of them; 0.02 by default. */
  readonly initializerRange?: number;
  /** Of the first weights: the same seed gives the same bits; 0 by default. */
  readonly seed?: number;
}

/** A configuration with every field filled in and the sizes of each layer spelled out. */
export interface ResolvedBertConfig extends Required<BertConfig> {
  readonly heads: readonly number[];
  readonly intermediateSize: readonly number[];
}

/** What the sizes of BERTs differ in; the rest follows from it. */
export interface BertSize extends Pick<BertConfig, 'layers' | 'hiddenSize'> {
  /** In every layer, each 64 wide. */
  readonly heads: number;
}

/** As the papers call them. */
export type BertSizeName = 'tiny' | 'mini' | 'small' | 'medium' | 'base' | 'large';

/** The sizes of Turc et al. 2019 (arXiv:1908.08962), and of BERT-base and BERT-large; spread one into a `BertConfig`. */
export const bertSizes: Readonly<Record<BertSizeName, BertSize>> = {
  tiny: { layers: 2, hiddenSize: 128, heads: 2 },
  mini: { layers: 4, hiddenSize: 256, heads: 4 },
  small: { layers: 4, hiddenSize: 512, heads: 8 },
  medium: { layers: 8, hiddenSize: 512, heads: 8 },
  base: { layers: 12, hiddenSize: 768, heads: 12 },
  large: { layers: 24, hiddenSize: 1024, heads: 16 },
};

/**
 * Fills in the defaults.
 *
 * @throws UserError if a size is not a whole number from 1, a list has another length than `layers`, the width of a head does not
 *   follow, there are fewer than two classes, a rate is outside [0, 1), epsilon is not above 0, or the family or problem is unknown or the family has no token types.
 */
export function resolveBertConfig(config: BertConfig): ResolvedBertConfig {
  const { layers, hiddenSize, problem = 'single-label', dropout = 0.1, family = 'bert' } = config;
  if (!isFamilyName(family)) throw unknown('family', family, Object.keys(families));
  if (!problems.includes(problem)) throw unknown('problem', problem, problems);
  expectSize('layers', layers, 1); // before lists of so many are made
  const resolved: ResolvedBertConfig = {
    family,
    vocabSize: config.vocabSize,
    layers,
    hiddenSize,
    embeddingSize: config.embeddingSize ?? hiddenSize,
    heads: perLayer('heads', config.heads, layers),
    headSize: config.headSize ?? headSizeOf(config),
    intermediateSize: perLayer('intermediateSize', config.intermediateSize ?? 4 * hiddenSize, layers),
    maxPositions: config.maxPositions ?? 512,
    typeVocabSize: config.typeVocabSize ?? families[family].typeVocabSize,
    padId: config.padId ?? families[family].padId,
    labels: config.labels ?? (problem === 'regression' ? 1 : 2),
    problem,
    dropout,
    attentionDropout: config.attentionDropout ?? 0.1,
    classifierDropout: config.classifierDropout ?? dropout,
    epsilon: config.epsilon ?? 1e-12,
    initializerRange: config.initializerRange ?? 0.02,
    seed: config.seed ?? 0,
  };
  checkSizes(resolved);
  checkNumbers(resolved);
  return resolved;
}

function perLayer(name: string, size: number | readonly number[], layers: number): readonly number[] {
  if (typeof size === 'number') return new Array<number>(layers).fill(size);
  if (size.length === layers) return size;
  throw new UserError(
    `Expected one number or ${layers} (one per layer) as ${name} of a BERT, got ${size.length} numbers.`,
  );
}

function headSizeOf({ heads, hiddenSize }: BertConfig): number {
  if (typeof heads === 'number' && heads > 0 && hiddenSize % heads === 0) return hiddenSize / heads;
  throw new UserError(
    `Expected headSize, or one number of heads that divides hiddenSize ${hiddenSize} of a BERT, got heads ` +
      `${quoted(heads)} alone; pass headSize.`,
  );
}

const SIZES = ['vocabSize', 'hiddenSize', 'embeddingSize', 'headSize', 'maxPositions', 'labels'] as const;
function expectSize(name: string, size: number, least: number): void {
  if (Number.isInteger(size) && size >= least) return;
  throw new UserError(`Expected a whole number from ${least} as ${name} of a BERT, got ${size}.`);
}

const COUNTS = ['typeVocabSize', 'padId'] as const;
const RATES = ['dropout', 'attentionDropout', 'classifierDropout'] as const;

function checkNumbers(config: ResolvedBertConfig): void {
  const { epsilon, initializerRange } = config;
  RATES.forEach((rate) => checkRate(config[rate], `${rate} of a BERT`));
  if (!(Math.fround(epsilon) > 0 && Math.fround(epsilon) < Infinity)) {
    throw new UserError(`Expected a float32 above 0 as epsilon of a BERT, got ${epsilon}.`);
  }
  if (!(initializerRange >= 0 && Number.isFinite(initializerRange))) {
    throw new UserError(`Expected a number from 0 as initializerRange of a BERT, got ${initializerRange}.`);
  }
}

function checkSizes(config: ResolvedBertConfig): void {
  const sizes: [string, number, least: number][] = SIZES.map((name) => [name, config[name], 1]);
  COUNTS.forEach((name) => sizes.push([name, config[name], 0]));
  config.heads.forEach((heads, i) => sizes.push([`heads of layer ${i}`, heads, 0]));
  config.intermediateSize.forEach((size, i) => sizes.push([`intermediateSize of layer ${i}`, size, 0]));
  sizes.forEach((size) => expectSize(...size));
  if (families[config.family].typeVocabSize === 0 && config.typeVocabSize > 0) {
    throw new UserError(`Expected typeVocabSize 0 for a ${config.family}, got ${config.typeVocabSize}.`);
  }
  if (config.problem === 'single-label' && config.labels < 2) {
    throw new UserError(
      `Expected at least 2 labels for a BERT classifier, got ${config.labels}; for one number as output set problem: 'regression'.`,
    );
  }
}

function unknown(field: string, value: unknown, known: readonly string[]): UserError {
  return new UserError(`Expected ${known.join(', ')} as ${field} of a BERT, got ${quoted(value)}.`);
}
