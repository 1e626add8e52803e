#!/usr/bin/env node
import * as path from 'node:path';
import { plainCommand } from './options';
import { main } from './main';

/** What `npx whittle-tfjs <script>` runs. */
const SCRIPTS = {
  'lth-bert': 'lottery tickets: pruned level by level and rewound',
  finetune: 'a dense model, the baseline',
  'gradual-pruning-bert': 'pruned while it trains, or after, by magnitude, gradients or learned scores',
  'pruning-sensitivity-bert': 'what each layer loses by pruning alone, and rules of how far each may go',
  'sparse-training-bert': 'sparse from the first step to the last: static, SET, RigL',
  'structured-bert': 'heads, neurons or layers cut out of a trained model',
  'compare-orders-bert': 'pruned then quantized, quantized then pruned, and both at once',
  'qat-bert': 'trained for int8, 4 bits and ternary codes',
  'ptq-bert': 'quantized without training',
  'mixed-precision-bert': 'bits chosen for each layer within budgets',
  'pretrain-mlm': 'a BERT that guesses hidden words of a text file',
  predict: 'labels and probabilities of texts by a trained model',
  compare: 'rows of several runs side by side, and what differs in their options',
  doctor: 'what this machine computes with, and what to do about what does not work',
  plot: 'the chart of a result.json',
};

/** Runs a script as if it had been called by its file: its options and its help are its own. */
async function run(name: string): Promise<void> {
  process.argv.splice(1, 2, path.join(__dirname, name));
  await import(`./${name}`);
}

void main(async (argv) => {
  const program = plainCommand(
    '',
    'Trains, prunes and quantizes BERT classifiers. Each script takes --help.',
  );
  program.name('npx whittle-tfjs').helpCommand(false);
  for (const [name, what] of Object.entries(SCRIPTS)) {
    const command = program.command(name).description(what).helpOption(false).usage('[options]');
    command
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => run(name));
  }
  await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
});
