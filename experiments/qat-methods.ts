import { InvalidArgumentError, Option } from 'commander';
import { lsq, pact, Scheme, staticInt8, weightOnly } from '../lib/compress/scheme';
import { UserError } from '../lib/core/errors';
import { perChannel, perChannelGroup } from '../lib/quantization/granularity';
import { int4, int8, QuantSpec, ternary } from '../lib/quantization/spec';
import type { QatMethod } from '../trainers/recipes/qat';
import { eachOnce } from './parse';

export const METHODS = ['qat', 'lsq', 'pact', 'ternary'] as const;
export const BITS = ['8', '7', '4', '2'] as const;
type MethodName = (typeof METHODS)[number];
type Bits = (typeof BITS)[number];

/** Observers freeze after this share of the training. */
export const FREEZE_OBSERVERS_AT = 0.8;

/** Neighbours within an output channel that share a scale, as the kernels for 4 and 2 bits want them. */
const GROUP = 32;
const TERNARY_GROUP = 128;

/** The options that only quantization-aware training has. */
export interface QatScriptOptions {
  readonly method: readonly MethodName[];
  /** Bits of a weight; those that a method is for where none were given. */
  readonly bits?: readonly Bits[];
  /** Share of the training before quantization begins. */
  readonly delay: number;
}

/** The options of the command line. */
export const qatOptions = (): Option[] => [
  eachOnce(
    new Option(
      '--method <names...>',
      'a row each: qat, ranges of the weights as they are and observed ones of activations; lsq, learned step sizes; pact, learned clips of ' +
        'activations; ternary, weights of -1, 0 and 1, to be learned from a --teacher',
    ).choices(METHODS),
  ),
  eachOnce(
    new Option(
      '--bits <n...>',
      'bits of a weight, a row of each method for each: 8, all 255 codes; 7, int8 that every processor multiplies fast; 4 or 2, in groups of ' +
        '32, activations in floats but for pact (default: 7, ternary 2)',
    ).choices(BITS),
  ),
  new Option('--delay <share>', 'train in floats for this share of the steps first').argParser(delay),
];

function delay(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < FREEZE_OBSERVERS_AT) return value;
  throw new InvalidArgumentError(
    `Expected a share from 0 to below ${FREEZE_OBSERVERS_AT}, after which observers freeze, such as 0.2.`,
  );
}

/**
 * The ways of training that the options name.
 *
 * @throws UserError for ternary weights of other bits.
 */
export function qatMethods({ method, bits }: Pick<QatScriptOptions, 'method' | 'bits'>): QatMethod[] {
  return method.flatMap((name) =>
    (bits ?? [name === 'ternary' ? '2' : '7']).map((width) => ({
      name: (bits?.length ?? 0) > 1 ? `${name}-${width}` : name,
      rules: schemeOf(name, width),
    })),
  );
}

export function schemeOf(method: MethodName, bits: Bits): Scheme {
  if (method === 'ternary') {
    if (bits === '2') return weightOnly(ternary(perChannelGroup(TERNARY_GROUP)));
    throw new UserError(`Expected --bits 2 with --method ternary, got ${bits}; leave --bits out.`);
  }
  const weight = weightOf(bits);
  if (method === 'pact') return pact({ weight });
  const isWhole = weight.bits > 4;
  if (method === 'lsq') return isWhole ? lsq({ weight }) : { weight, range: 'learned' };
  return isWhole ? { ...staticInt8(), weight } : weightOnly(weight);
}

function weightOf(bits: Bits): QuantSpec {
  if (bits === '8' || bits === '7') return int8(perChannel(), { full: bits === '8' });
  return { ...int4(perChannelGroup(GROUP)), bits: Number(bits) };
}
