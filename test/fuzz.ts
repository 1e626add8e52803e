/** How many cases a fuzzer tries: few in the suite, as many as WHITTLE_FUZZ says in the long form. */
export const fuzzRuns = (few: number): number => Number(process.env.WHITTLE_FUZZ ?? few);
