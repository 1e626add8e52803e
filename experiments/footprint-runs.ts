import type { LatencyOptions } from '../lib/analysis/latency';

/** Runs of each file that are enough for a table. */
const RUNS = 10;

/** How scripts measure what files cost. */
export const footprintRuns = (threads: number): LatencyOptions => ({ threads, runs: RUNS });
