import { constantName, ExperimentResult } from './result';
import { percent } from './table';

/** Rows of a development set below which a score of it says little. */
const FEW = 50;

/** Of every metric that decides. */
const PERFECT = 1;

/** Which methods score no better than an answer that never changes. Undefined where all do. */
export function describeUnlearned({ summary, majority, metric }: ExperimentResult): string | undefined {
  const unlearned = summary.filter(({ mean }) => !(mean > majority || mean === PERFECT));
  if (unlearned.length === 0) return undefined;
  const names = unlearned.map(({ method, level }) => (level ? `${method} ${level}` : method));
  return `No better than the ${constantName(metric)} (${metric} ${majority.toFixed(4)}), so that nothing learned is left: ${names.join(', ')}.`;
}

/** What there is to say of a small development set. @param rows how many it has. */
export function fewRows(rows: number): string | undefined {
  if (rows >= FEW) return undefined;
  const whole = rows === 1 ? 'a single row' : `${rows} rows`;
  return `all scores are of ${whole}, of which each is ${percent(1 / rows)}: evaluate on more (\`devData\`) before you believe them`;
}
