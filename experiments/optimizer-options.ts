import { Option } from 'commander';
import { UserError } from '../lib/core/errors';
import { adamW, Optimizer, sgd } from '../trainers/optimizer';
import { notNegative, share } from './parse';

/** What an optimizer's name makes, and the decay that it has by itself. */
interface NamedOptimizer {
  readonly make: (options: { readonly weightDecay?: number }) => Optimizer;
  readonly usualDecay: number;
}

/** The first one is the default. */
const NAMED = {
  adamw: { make: adamW, usualDecay: 0.01 },
  sgd: { make: (options) => sgd({ ...options, momentum: 0 }), usualDecay: 0 },
  momentum: { make: (options) => sgd({ ...options, momentum: 0.9 }), usualDecay: 0 },
} as const satisfies Readonly<Record<string, NamedOptimizer>>;

type OptimizerName = keyof typeof NAMED;

const NAMES = Object.keys(NAMED) as OptimizerName[];
const USUAL: OptimizerName = 'adamw';

/** Warm-up of BERT's fine-tuning recipe, as a share of the steps. */
const WARMUP = 0.1;

/** How weights follow gradients. What is usual is absent: runs of before there was a choice are the same runs. */
export interface OptimizerOptions {
  /** AdamW where it is absent. */
  readonly optimizer?: OptimizerName;
  /** The optimizer's own where it is absent: 0.01 of AdamW, 0 of the others. */
  readonly weightDecay?: number;
  /** A share of the steps, from 0 to 1; 0.1 where it is absent. */
  readonly warmup?: number;
}

/** The options of the command line. */
export const optimizerOptions = (): Option[] => [
  new Option(
    '--optimizer <name>',
    'adamw; sgd, without momentum; momentum, sgd with 0.9 of it, both at a --learning-rate of their own (default: adamw)',
  ).choices(NAMES),
  new Option(
    '--weight-decay <rate>',
    'of weights of rank 2 and more, not of biases and norms (default: 0.01 of adamw, 0 of the others)',
  ).argParser(notNegative),
  new Option(
    '--warmup <share>',
    `of the steps, in which the learning rate rises to its peak (default: ${WARMUP})`,
  ).argParser(share),
];

type Given = Readonly<Record<string, unknown>>;

/**
 * What was given, without what is usual.
 *
 * @throws UserError for another optimizer at the rate that is AdamW's, at which it would hardly move.
 */
export function withoutUsual<T extends Given>(given: T): T {
  const { optimizer, weightDecay, warmup } = given as OptimizerOptions;
  if (given['learningRate'] === undefined && given['epochs'] !== 0)
    expectOwnRate('--learning-rate', optimizer);
  const usual: Given = {
    ...(optimizer === USUAL ? { optimizer } : {}),
    ...(weightDecay === NAMED[optimizer ?? USUAL].usualDecay ? { weightDecay } : {}),
    ...(warmup === WARMUP ? { warmup } : {}),
  };
  return Object.fromEntries(Object.entries(given).filter(([name]) => !(name in usual))) as T;
}

/** @throws UserError for an optimizer at a rate that is AdamW's. @param flag of the rate. */
export function expectOwnRate(flag: string, optimizer: OptimizerOptions['optimizer'] = USUAL): void {
  if (optimizer === USUAL) return;
  throw new UserError(
    `Expected ${flag} with --optimizer ${optimizer}, got it without: the default is AdamW's, and SGD usually takes a larger one.`,
  );
}

/** The optimizer that the options name. */
export const optimizerOf = ({ optimizer = USUAL, weightDecay }: OptimizerOptions): Optimizer =>
  NAMED[optimizer].make({ weightDecay });

/** Steps of the warm-up. */
export const warmupSteps = ({ warmup = WARMUP }: OptimizerOptions, totalSteps: number): number =>
  Math.round(warmup * totalSteps);
