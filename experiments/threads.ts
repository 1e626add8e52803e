import * as os from 'node:os';
import type { TrainingOptions } from './options';
import type { RunFolder } from './run-folder';

/**
 * What there is to say of the threads of a run: that it keeps those of its start where others are asked for, or that there are fewer
 * cores than threads (`taskset`, a container, another machine). Undefined where all is as expected, and for engines without threads.
 */
export function describeThreads(
  { state, config }: Pick<RunFolder, 'state' | 'config'>,
  { engine, backend, threads: asked }: Pick<TrainingOptions, 'engine' | 'backend' | 'threads'>,
  cores = os.availableParallelism(),
): string | undefined {
  const { threads } = config.environment;
  if (engine !== 'compiled' || backend !== 'cpu' || state === 'finished') return undefined;
  const kept = threads === asked ? '' : `, as this run was started: ${asked} may give other bits`;
  const crowded = cores < threads ? `; this process may use ${cores} of the cores, so it takes longer` : '';
  return kept || crowded ? `threads ${threads}${kept}${crowded}` : undefined;
}
