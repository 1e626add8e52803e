import type * as tf from '@tensorflow/tfjs';
import type { Prepared } from '../compress/prepared';
import { adaRound } from '../compress/repair/ada-round';
import { correctBiases } from '../compress/repair/bias-correction';
import { gptq } from '../compress/repair/gptq';
import { equalize } from './equalization/equalize';
import { smoothQuant } from './equalization/smooth-quant';
import type { GatherData } from './gather';
import type { RowSelector } from './record';

/** Examples for a repair, and which rows of what layers read count. */
export interface RepairContext {
  /** Batches, without labels; may be read several times. */
  readonly data: GatherData;
  /** Default: all. */
  readonly rows?: RowSelector;
}

/** Something that makes quantization lose less, without training. */
export interface Repair {
  /** As options and messages have it: `gptq`. */
  readonly name: string;
  /** Changes a model of floats, in place, but not what it computes. */
  onModel?(model: tf.LayersModel, context: RepairContext): Promise<void>;
  /** Changes what a prepared model's weights are stored as. After calibration. */
  onPrepared?(prepared: Prepared, context: RepairContext): Promise<void>;
}

/** As options name them. */
export type RepairName = 'equalize' | 'smooth-quant' | 'gptq' | 'ada-round' | 'bias-correction';

/** All repairs, in the order in which they are made. */
export const repairs: Readonly<Record<RepairName, Repair>> = {
  equalize: {
    name: 'equalize',
    onModel: async (model) => void equalize(model),
  },
  'smooth-quant': {
    name: 'smooth-quant',
    onModel: async (model, { data, rows }) => void (await smoothQuant(model, data, { rows })),
  },
  gptq: {
    name: 'gptq',
    onPrepared: async (prepared, { data, rows }) => void (await gptq(prepared, data, { rows })),
  },
  'ada-round': {
    name: 'ada-round',
    onPrepared: async (prepared, { data, rows }) => void (await adaRound(prepared, data, { rows })),
  },
  'bias-correction': {
    name: 'bias-correction',
    onPrepared: async (prepared, { data, rows }) => void (await correctBiases(prepared, data, { rows })),
  },
};
