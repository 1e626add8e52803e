import { UserError } from '../core/errors';
import { quoted } from '../core/printable';

/** Which values share one scale and zero point: those of a block, neighbours along every axis. */
export interface Granularity {
  /** As it is written: `perTensor()`, `perAxis(1)`. */
  readonly name: string;
  /** What is stored of it; `granularityOf` is the inverse. */
  readonly config: GranularityConfig;
  /**
   * The size of a block along each axis of a shape; the last block of an axis may be shorter.
   *
   * @throws UserError for an axis that the shape lacks.
   */
  block(shape: readonly number[]): number[];
  /** The granularity of a weight whose output channels run along these axes: what `perChannel()` waits for. */
  at(channels: readonly number[]): Granularity;
}

/** How a granularity was made, as plain data. */
export type GranularityConfig =
  | {
      /** Of the factory, which takes nothing. */
      readonly name: 'perTensor' | 'perChannel';
    }
  | {
      /** Of the factory. */
      readonly name: 'perAxis';
      /** Each place along these has a scale of its own. */
      readonly axes: readonly number[];
    }
  | {
      /** Of the factory. */
      readonly name: 'perGroup';
      /** Along which groups lie. */
      readonly axis: number;
      /** Values of a group; the last may have fewer. */
      readonly size: number;
    }
  | {
      /** Of the factory. */
      readonly name: 'perChannelGroup';
      /** Values of a group; the last may have fewer. */
      readonly size: number;
      /** Axes of the output channels, once a weight is known. */
      readonly channels?: readonly number[];
    };

/** One scale for the whole tensor: [a, b, c] → 1 block. */
export function perTensor(): Granularity {
  return fixed('perTensor()', { name: 'perTensor' }, (shape) => [...shape]);
}

/**
 * One scale per index of an axis, or of several: [a, b, c], axis 1 → b blocks [a, 1, c]. Negative axes count from the end.
 *
 * @example int8(perAxis(1)) // of a dense kernel [inputs, units]: per output channel
 */
export function perAxis(...axes: readonly number[]): Granularity {
  return fixed(`perAxis(${axes.join(', ')})`, { name: 'perAxis', axes }, (shape) => {
    const own = axes.map((axis) => axisOf(axis, shape));
    return shape.map((size, axis) => (own.includes(axis) ? 1 : size));
  });
}

/** One scale per `size` neighbours along an axis, the last group the shorter: [a, b], axis 0 → ⌈a / size⌉ · b blocks [size, 1]. */
export function perGroup(axis: number, size: number): Granularity {
  checkGroup(size);
  return fixed(`perGroup(${axis}, ${size})`, { name: 'perGroup', axis, size }, (shape) => {
    const own = axisOf(axis, shape);
    return shape.map((length, other) => (other === own ? Math.min(size, length) : 1));
  });
}

/**
 * One scale per output channel of whatever layer it is used for: per column of a dense kernel, per filter of a convolution, per row
 * of an embedding table.
 */
export function perChannel(): Granularity {
  return {
    name: 'perChannel()',
    config: { name: 'perChannel' },
    block(shape) {
      throw needsLayer(shape, this.name, 'perAxis(<axis of the output channels>)');
    },
    at: (channels) => perAxis(...channels),
  };
}

/**
 * One scale per `size` neighbours within an output channel of whatever layer it is used for: along the inputs of a dense kernel, within a
 * row of an embedding table. A channel that has no `size` neighbours along an axis (a filter of 3 × 3) has one scale.
 *
 * @example int4(perChannelGroup(32)) // of a dense kernel [384, 1536]: 12 · 1536 scales
 */
export function perChannelGroup(size: number): Granularity {
  checkGroup(size);
  return {
    name: `perChannelGroup(${size})`,
    config: { name: 'perChannelGroup', size },
    block(shape) {
      throw needsLayer(shape, this.name, 'perGroup(<axis of the inputs>, <size>)');
    },
    at: (channels) => groupsWithin(channels, size),
  };
}

function groupsWithin(channels: readonly number[], size: number): Granularity {
  const name = `perChannelGroup(${size}) at ${channels.join(', ')}`;
  return fixed(name, { name: 'perChannelGroup', size, channels }, (shape) => {
    const own = channels.map((axis) => axisOf(axis, shape));
    const grouped = shape.findLastIndex((length, axis) => !own.includes(axis) && length >= size);
    if (grouped < 0) return shape.map((length, axis) => (own.includes(axis) ? 1 : length));
    return shape.map((_, axis) => (axis === grouped ? size : 1));
  });
}

/** The granularity that has this config. */
export function granularityOf(config: GranularityConfig): Granularity {
  switch (config.name) {
    case 'perTensor':
      return perTensor();
    case 'perChannel':
      return perChannel();
    case 'perAxis':
      return perAxis(...config.axes);
    case 'perGroup':
      return perGroup(config.axis, config.size);
    case 'perChannelGroup':
      return config.channels ? groupsWithin(config.channels, config.size) : perChannelGroup(config.size);
  }
}

/** How many blocks there are along each axis. */
export function blockCounts(shape: readonly number[], block: readonly number[]): number[] {
  return shape.map((size, axis) => Math.ceil(size / block[axis]!));
}

function fixed(name: string, config: GranularityConfig, block: Granularity['block']): Granularity {
  const granularity: Granularity = { name, config, block, at: () => granularity };
  return granularity;
}

function checkGroup(size: number): void {
  if (Number.isInteger(size) && size >= 1) return;
  throw new UserError(`Expected a whole number from 1 as the size of a group, got ${quoted(size)}.`);
}

function needsLayer(shape: readonly number[], name: string, instead: string): UserError {
  return new UserError(
    `Expected a granularity that needs no layer for a tensor of shape [${shape.join(', ')}], got ${name}; write ${instead}.`,
  );
}

function axisOf(axis: number, shape: readonly number[]): number {
  const rank = shape.length;
  if (Number.isInteger(axis) && axis < rank && axis >= -rank) return (axis + rank) % rank;
  throw new UserError(
    `Expected a tensor that has axis ${quoted(axis)} to quantize along it, got one of rank ${rank}.`,
  );
}
