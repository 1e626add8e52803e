import type { Json } from '../core/config';
import { identityOf } from '../core/config';
import { configOfSpec } from '../quantization/spec-config';
import type { Rule, Rules } from './rules';
import type { Scheme } from './scheme';

/** What rules say, as plain data that two runs can compare: specs and observers by their configs. */
export function identityOfRules(rules: Rules): Json {
  return Array.isArray(rules)
    ? (rules as readonly Rule[]).map(({ match, use }) => ({ match, use: identityOfUse(use) }))
    : identityOfUse(rules as Scheme);
}

function identityOfUse(use: Rule['use']): Json {
  if (use === 'skip') return use;
  const { weight, range = 'current', rateFactor = null, input, integer = true } = use;
  return {
    weight: weight ? (configOfSpec(weight) as unknown as Json) : null,
    input: typeof input === 'function' ? identityOfObserver(input) : (input ?? null),
    ...{ range, rateFactor, integer },
  };
}

/** By the config of what is made, or the source of what makes it. */
function identityOfObserver(make: NonNullable<Exclude<Scheme['input'], 'dynamic'>>): Json {
  const observer = make();
  try {
    return identityOf(observer.config ? observer : make);
  } finally {
    observer.dispose();
  }
}
