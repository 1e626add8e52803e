import type { Transform } from '../../core/attach';
import type { QuantSpec } from '../spec';

/** A transform that fake-quantizes. Its flags are decisions that a trace freezes, so they are part of its revision. */
export interface Quantizer extends Transform {
  readonly spec: QuantSpec;
  /** Off means identity, forward and backward. */
  enabled: boolean;
  /** Under the tracer: integer codes where the runtime can compute with them, rather than their simulation in floats. */
  integer: boolean;
}

export interface QuantizerOptions {
  /** Default true. */
  readonly integer?: boolean;
}

/** The flags as text: `enabled,integer`. */
export function flagsOf(flags: Readonly<Record<string, boolean>>): string {
  return Object.keys(flags)
    .filter((name) => flags[name])
    .join();
}
