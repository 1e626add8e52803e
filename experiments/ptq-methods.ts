import { Option } from 'commander';
import { repairs, RepairName } from '../lib/analysis/repairs';
import { halfButFeedForward } from '../lib/compress/half-but-feed-forward';
import type { Rules } from '../lib/compress/rules';
import { Scheme, staticInt8, weightOnly } from '../lib/compress/scheme';
import { perChannel, perChannelGroup } from '../lib/quantization/granularity';
import { entropy } from '../lib/quantization/observers/entropy';
import { histogram } from '../lib/quantization/observers/histogram';
import { minMax } from '../lib/quantization/observers/min-max';
import { movingAverage } from '../lib/quantization/observers/moving-average';
import { mse } from '../lib/quantization/observers/mse';
import { percentile } from '../lib/quantization/observers/percentile';
import { bf16, fp16, int8, ternary, WeightSpec } from '../lib/quantization/spec';
import type { PtqMethod } from '../trainers/recipes/ptq';
import { eachOnce, several, whole } from './parse';

export const METHODS = ['dynamic', 'static', 'weight-only', 'classic'] as const;
export type MethodName = (typeof METHODS)[number];

/** What watches activations. */
const OBSERVERS = {
  'min-max': minMax,
  'moving-average': movingAverage,
  percentile,
  histogram,
  entropy,
  mse,
} as const;

/** How weights are stored, by the width that is asked for. */
const WIDTHS = ['8', '7', '6', '5', '4', '3', '2', 'ternary', 'fp16', 'bf16'] as const;

export interface PtqOptions {
  readonly method: readonly MethodName[];
  readonly bits: (typeof WIDTHS)[number];
  /** Neighbours that share a scale, below 7 bits. */
  readonly group: number;
  readonly observer: keyof typeof OBSERVERS;
  readonly repair: readonly RepairName[];
  readonly skip: readonly string[];
  /** Examples. */
  readonly calibration: number;
}

export const PTQ_DEFAULTS: PtqOptions = {
  method: ['dynamic', 'static', 'weight-only'],
  bits: '7',
  group: 32,
  observer: 'percentile',
  repair: [],
  skip: [],
  calibration: 512,
};

/** The options of `PtqOptions`. */
export function ptqOptions(): Option[] {
  return [
    eachOnce(new Option('--method <names...>', 'ways to quantize, a row each').choices(METHODS)),
    new Option('--bits <n>', 'of a weight; 7 and 8 with a scale per channel, less in groups').choices(WIDTHS),
    new Option('--group <n>', 'neighbours that share a scale, below 7 bits').argParser(whole(1)),
    new Option('--observer <name>', 'how static ranges are found').choices(Object.keys(OBSERVERS)),
    eachOnce(new Option('--repair <names...>', 'what to do against the loss').choices(Object.keys(repairs))),
    new Option('--skip <patterns...>', 'layers that stay in floats: classifier, encoder/0/**').argParser(
      several(String),
    ),
    new Option('--calibration <n>', 'training rows for ranges and repairs').argParser(whole(1)),
  ];
}

/** The ways that the options name. */
export function ptqMethods(options: PtqOptions): PtqMethod[] {
  return options.method.map((name) => ({
    name: [name, ...options.repair].join('+'),
    rules: withSkipped(rulesOf(name, options), options.skip),
    repair: options.repair,
  }));
}

function rulesOf(name: MethodName, options: PtqOptions): Rules {
  const weight = weightOf(options);
  const input = () => OBSERVERS[options.observer]();
  const schemes: Readonly<Record<MethodName, () => Rules>> = {
    dynamic: () => ({ weight, input: 'dynamic' }) satisfies Scheme,
    static: () => ({ weight, input }) satisfies Scheme,
    'weight-only': () => weightOnly(weight),
    classic: () => halfButFeedForward({ feedForward: { ...staticInt8({ input }), weight } }),
  };
  return schemes[name]();
}

function weightOf({ bits, group }: PtqOptions): WeightSpec {
  const inGroups = perChannelGroup(group);
  switch (bits) {
    case 'fp16':
      return fp16();
    case 'bf16':
      return bf16();
    case 'ternary':
      return ternary(inGroups);
    default:
      return Number(bits) >= 7
        ? int8(perChannel(), { full: bits === '8' })
        : { ...int8(inGroups), bits: Number(bits) };
  }
}

function withSkipped(rules: Rules, skip: readonly string[]): Rules {
  if (skip.length === 0) return rules;
  const list = Array.isArray(rules) ? rules : [{ match: '**', use: rules as Scheme }];
  return [...list, ...skip.map((match) => ({ match, use: 'skip' as const }))];
}
