import { InvalidArgumentError, Option } from 'commander';
import { UserError } from '../lib/core/errors';
import { Distribution, globalDistribution, uniformDistribution } from '../lib/pruning/distribution';
import { erdosRenyi, erdosRenyiKernel } from '../lib/pruning/distributions/erdos-renyi';
import { keepAtLeast } from '../lib/pruning/distributions/keep-at-least';
import { layerwiseDistribution } from '../lib/pruning/distributions/layerwise';
import { Pattern, unstructured } from '../lib/pruning/pattern';
import { blocks, BlocksOptions } from '../lib/pruning/patterns/blocks';
import { nOfM } from '../lib/pruning/patterns/n-of-m';
import { outputChannels } from '../lib/pruning/patterns/output-channels';
import { expectReachable } from '../lib/pruning/prune';
import { accumulatedTaylor } from '../lib/pruning/saliencies/accumulated-taylor';
import { blockFisher } from '../lib/pruning/saliencies/block-fisher';
import { diagonalFisher } from '../lib/pruning/saliencies/diagonal-fisher';
import { gradientMagnitude } from '../lib/pruning/saliencies/gradient-magnitude';
import { snip } from '../lib/pruning/saliencies/snip';
import { wanda } from '../lib/pruning/saliencies/wanda';
import { magnitude, movement, randomSaliency, Saliency, taylor } from '../lib/pruning/saliency';
import { constantSparsity, cubicDecay, linearDecay, oneShot } from '../lib/pruning/schedule';
import { cosineDecay } from '../lib/pruning/schedules/cosine-decay';
import { exponentialDecay } from '../lib/pruning/schedules/exponential-decay';
import type { GradualPhaseOptions, GradualSchedule } from '../trainers/recipes/gradual-pruning';
import { absolute, eachOnce, fraction, several, share, whole } from './parse';
import { readRules } from './sparsity-rules';

const SALIENCIES: Readonly<Record<string, (seed: number) => Saliency>> = {
  magnitude: () => magnitude,
  random: randomSaliency,
  gradient: () => gradientMagnitude,
  taylor: () => taylor,
  'accumulated-taylor': () => accumulatedTaylor,
  movement: () => movement,
  fisher: () => diagonalFisher,
  'block-fisher': () => blockFisher(),
  wanda: () => wanda,
  snip: () => snip,
};

/** Those that look at weights alone. */
export const SALIENCIES_OF_WEIGHTS = Object.keys(SALIENCIES).filter(
  (name) => !SALIENCIES[name]!(0).needs?.length,
);

const PATTERNS: Readonly<Record<string, (block: BlocksOptions) => Pattern>> = {
  unstructured: () => unstructured,
  '2:4': () => nOfM({ keep: 2, of: 4 }),
  blocks,
  channels: () => outputChannels,
};

const DISTRIBUTIONS: Readonly<Record<string, () => Distribution>> = {
  global: globalDistribution,
  uniform: uniformDistribution,
  'erdos-renyi': erdosRenyi,
  'erdos-renyi-kernel': erdosRenyiKernel,
};

const SCHEDULES: Readonly<Record<string, GradualSchedule>> = {
  'one-shot': ({ finalSparsity, begin = 0 }) => oneShot({ finalSparsity, begin }),
  constant: constantSparsity,
  linear: linearDecay,
  cubic: cubicDecay,
  exponential: exponentialDecay,
  cosine: cosineDecay,
};

/** Those that need a pass of their own, and its training batches. */
const SCORED: readonly string[] = ['wanda', 'snip'];
const SCORING_BATCHES = 8;
const BLOCK: BlocksOptions = { rows: 4, columns: 1 };

/** What goes first, and what goes together. */
export interface UnitOptions {
  readonly saliency: string;
  readonly pattern: string;
  readonly block?: BlocksOptions;
}

/** The options that only pruning has. */
export interface PruningScriptOptions extends UnitOptions {
  /** Final sparsities. */
  readonly sparsity: readonly number[];
  readonly distribution: string;
  /** File of rules, instead of sparsities and a distribution. */
  readonly rules?: string;
  /** Share of each layer that stays at least. */
  readonly keep?: number;
  readonly schedule: string;
  readonly scoringBatches?: number;
}

export const PRUNING_DEFAULTS: PruningScriptOptions = {
  sparsity: [0.5, 0.8],
  saliency: 'magnitude',
  pattern: 'unstructured',
  distribution: 'global',
  schedule: 'cubic',
};

/** The options of the command line that say what goes first, by one of some saliencies, and what goes together. */
export const unitOptions = (saliencies: readonly string[]): Option[] => [
  new Option('--saliency <name>', 'what is worth keeping').choices(saliencies),
  new Option('--pattern <name>', 'what goes or stays together').choices(Object.keys(PATTERNS)),
  new Option('--block <rows x columns>', 'inputs and outputs of a block (default: 4x1)').argParser(blockSize),
];

/** The option that says how a sparsity is shared out. */
export const distributionOption = (): Option =>
  new Option('--distribution <name>', 'how the sparsity is shared out among the layers').choices(
    Object.keys(DISTRIBUTIONS),
  );

/** The options of the command line. */
export const pruningOptions = (): Option[] => [
  eachOnce(
    new Option(
      '--sparsity <fraction...>',
      'final sparsities, each a training of its own; of blocks and channels shares of their number',
    ).argParser(several(fraction)),
  ),
  ...unitOptions(Object.keys(SALIENCIES)),
  new Option(
    '--rules <file>',
    'sparsities of layers, as pruning-sensitivity-bert writes them, instead of --sparsity, --distribution and --keep: ' +
      'a JSON list of { "match": "encoder/*/ffn/**", "sparsity": 0.5 }, of which the last that matches a layer counts',
  )
    .argParser(absolute)
    .conflicts(['sparsity', 'distribution', 'keep']),
  distributionOption(),
  new Option('--keep <share>', 'of each layer at least so much stays').argParser(share),
  new Option('--schedule <name>', 'how the sparsity grows').choices(Object.keys(SCHEDULES)),
  new Option(
    '--scoring-batches <n>',
    'score on n training batches at each update (default: on the steps since the last; 8, or all, for wanda and snip)',
  ).argParser(whole(1)),
];

function blockSize(text: string): BlocksOptions {
  const [rows = 0, columns = 0] = text.split('x').map(Number);
  if (/^[1-9]\d*x[1-9]\d*$/.test(text)) return { rows, columns };
  throw new InvalidArgumentError('Expected rows x columns, such as 4x1.');
}

/**
 * The way of pruning that the options name.
 *
 * @throws UserError for options that do not fit together.
 */
export function pruningMethod(
  options: PruningScriptOptions & { readonly seed: number },
): Required<Pick<GradualPhaseOptions, 'saliency' | 'pattern' | 'distribution' | 'schedule'>> {
  expectTogether(options);
  const { keep } = options;
  const distribution = distributionOf(options);
  return {
    ...unitsOf(options),
    distribution: keep === undefined ? distribution : keepAtLeast({ distribution, fraction: keep }),
    schedule: SCHEDULES[options.schedule]!,
  };
}

/** One of those that `distributionOption` takes. */
export const distributionNamed = (name: string): Distribution => DISTRIBUTIONS[name]!();

const distributionOf = ({ distribution, rules }: PruningScriptOptions): Distribution =>
  rules === undefined ? distributionNamed(distribution) : layerwiseDistribution(readRules(rules));

/**
 * What goes first and what goes together, as the options say.
 *
 * @throws UserError for a block without its pattern, and sparsities that the pattern cannot have.
 */
export function unitsOf(
  options: UnitOptions & Pick<PruningScriptOptions, 'sparsity'> & { readonly seed: number },
): { readonly saliency: Saliency; readonly pattern: Pattern } {
  const { block } = options;
  if (block && options.pattern !== 'blocks') {
    throw new UserError(`Expected --pattern blocks with --block, got ${options.pattern}; leave --block out.`);
  }
  const pattern = PATTERNS[options.pattern]!(block ?? BLOCK);
  options.sparsity.forEach((sparsity) => expectReachable(sparsity, pattern));
  return { saliency: SALIENCIES[options.saliency]!(options.seed), pattern };
}

/** @throws UserError for options that a method does not read and that are not as by default. */
export function expectRead(
  options: PruningScriptOptions,
  methods: readonly string[],
  defaults: PruningScriptOptions,
): void {
  const others = methods.filter((method) => method !== 'gradual');
  if (others.length === 0) return;
  const names = [
    'saliency',
    'pattern',
    'block',
    'rules',
    'distribution',
    'keep',
    'schedule',
    'scoringBatches',
  ] as const;
  const unread = names.find((name) => options[name] !== defaults[name]);
  if (unread === undefined) return;
  throw new UserError(
    `Expected the \`method\` gradual alone, which reads \`${unread}\`, got ${others.join(', ')}; leave \`${unread}\` out, or run them apart.`,
  );
}

/**
 * The pass that scores, where there is one.
 *
 * @param most batches of the training data.
 * @throws UserError for more batches than that.
 */
export function scoringOf(
  { saliency, scoringBatches }: PruningScriptOptions,
  most: number,
): GradualPhaseOptions['scoring'] {
  if (scoringBatches !== undefined && scoringBatches > most) {
    throw new UserError(
      `Expected --scoring-batches of at most ${most}, which are the training data, got ${scoringBatches}.`,
    );
  }
  if (scoringBatches !== undefined) return { batches: scoringBatches };
  return SCORED.includes(saliency) ? { batches: Math.min(SCORING_BATCHES, most) } : undefined;
}

function expectTogether({
  saliency,
  pattern,
  distribution,
  schedule,
  scoringBatches,
}: PruningScriptOptions): void {
  if (pattern === '2:4' && distribution.startsWith('erdos')) {
    throw new UserError(
      `Expected --distribution global or uniform with --pattern 2:4, which prunes half of a layer at most, got ${distribution}.`,
    );
  }
  if (saliency === 'snip' && schedule !== 'one-shot') {
    throw new UserError(
      `Expected --schedule one-shot with --saliency snip, which prunes before training, got ${schedule}.`,
    );
  }
  if (scoringBatches !== undefined && ['magnitude', 'random'].includes(saliency)) {
    throw new UserError(
      `Expected a --saliency that looks at data with --scoring-batches, got ${saliency}; leave --scoring-batches out.`,
    );
  }
}
