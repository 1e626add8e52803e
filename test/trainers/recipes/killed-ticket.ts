import { fractionOfRemaining } from '../../../lib/pruning/rewind';
import type { Callback } from '../../../trainers/callback';
import { lotteryTicket } from '../../../trainers/recipes/lottery-ticket';
import { resetWeights } from '../../../trainers/recipes/rewinding';
import { smallSetup } from './small-setup';

/** Runs the recipe in a folder, and kills its own process after so many steps of one training, if one is named. */
async function run(folder: string, method?: string, step?: number): Promise<void> {
  const killer: Callback = {
    name: 'killer',
    onStepEnd(training) {
      if (training.step === step) process.kill(process.pid, 'SIGKILL');
    },
  };
  const outcomes = await lotteryTicket({
    ...{ setup: smallSetup(), folder, seeds: [1], levels: 2, head: 'kept', controls: [2] },
    rewinding: resetWeights(2),
    sparsity: fractionOfRemaining(0.4),
    listener: { callbacks: (label) => (`${label.method} ${label.level}` === method ? [killer] : []) },
  });
  process.stdout.write(JSON.stringify(outcomes));
}

const [folder, method, step] = process.argv.slice(2);
void run(folder!, method, Number(step));
