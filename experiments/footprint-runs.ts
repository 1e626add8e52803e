import type { LatencyOptions } from '../lib/analysis/latency';

/** Runs of each file that are enough for a table, and seconds in which a short batch runs often enough. */
const [RUNS, SECONDS] = [10, 0.5];

/** How scripts measure what files cost. */
export const footprintRuns = (threads: number): LatencyOptions => ({ threads, runs: RUNS, seconds: SECONDS });
