import * as tf from '@tensorflow/tfjs';
import { CommanderError } from 'commander';
import { UserError } from '../lib/core/errors';
import { printableLines } from '../lib/core/printable';
import { withFlags } from './flags';
import { Interrupted } from '../trainers/interrupted';
import { endWithOutput } from './output';
import { systemTrouble } from './system-trouble';

/**
 * Runs a script's body and turns how it ends into an exit code: 0; 2 for a mistake of the user's or what the system refuses, told in one
 * sentence on the standard error stream; 130 after Ctrl-C; and 1, with the stack, for a mistake of ours.
 */
export async function main(body: (argv: readonly string[]) => Promise<void>): Promise<void> {
  tf.enableProdMode(); // tfjs would advertise its Node backend
  endWithOutput();
  try {
    await body(process.argv.slice(2));
  } catch (error) {
    const { code, message } = verdict(error);
    if (message) process.stderr.write(`${printableLines(message)}\n`);
    process.exitCode = code;
  }
}

function verdict(error: unknown): { code: number; message?: string } {
  if (error instanceof CommanderError) return commandLine(error);
  if (error instanceof UserError) return { code: 2, message: withFlags(error.message) };
  if (error instanceof Interrupted) return { code: 130, message: error.message };
  const trouble = systemTrouble(error);
  if (trouble) return { code: 2, message: trouble };
  return { code: 1, message: error instanceof Error ? error.stack : String(error) };
}

/** Commander has printed the help; of a mistake it has said nothing yet. */
function commandLine({ exitCode, message }: CommanderError): { code: number; message?: string } {
  if (exitCode === 0) return { code: 0 };
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .trim();
  const ending = /[.?)]$/.test(sentence) ? '' : '.';
  return { code: 2, message: `${sentence[0]!.toUpperCase()}${sentence.slice(1)}${ending} See --help.` };
}
