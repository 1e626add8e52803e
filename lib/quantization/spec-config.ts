import { GranularityConfig, granularityOf } from './granularity';
import { checkSpec, HalfSpec, isHalf, QuantSpec, WeightSpec } from './spec';

/** A spec as plain data. */
export type SpecConfig =
  HalfSpec | (Omit<QuantSpec, 'granularity'> & { readonly granularity: GranularityConfig });

/** What is stored of a spec; `specOf` is the inverse. */
export function configOfSpec(spec: WeightSpec): SpecConfig {
  return isHalf(spec) ? spec : { ...spec, granularity: spec.granularity.config };
}

/** @throws UserError for what is no spec. */
export function specOf(config: SpecConfig): WeightSpec {
  return checkSpec(
    'format' in config ? config : { ...config, granularity: granularityOf(config.granularity) },
  );
}
