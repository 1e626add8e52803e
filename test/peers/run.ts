import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command } from 'commander';
import { formatTable } from '../../experiments/table';
import { peerPython } from './environment';

/** What every `*.peer.ts` here exports: one comparison with another implementation. */
export interface PeerCheck {
  readonly name: string;
  /**
   * Compares and returns what was measured, in one line; one that starts with "skipped" was not compared. Throws
   * where the two differ.
   *
   * @param python the interpreter with the peers installed.
   * @param shared the folder of shared data (weights, GLUE), undefined where there is none.
   */
  check(python: string, shared: string | undefined): Promise<string>;
}

interface Outcome {
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly summary: string;
  readonly seconds: number;
}

const ROOT = path.resolve(__dirname, '../..');

function checks(only: string | undefined): PeerCheck[] {
  const files = fs.readdirSync(__dirname).filter((file) => file.endsWith('.peer.ts'));
  const all = files.sort().map(loadCheck);
  return all.filter(({ name }) => only === undefined || name.includes(only));
}

/** A file that cannot be loaded is a check that fails, so that the others still run. */
function loadCheck(file: string): PeerCheck {
  try {
    return require(path.join(__dirname, file)) as PeerCheck;
  } catch (error) {
    return { name: file, check: () => Promise.reject(error as Error) };
  }
}

function sharedFolder(): string | undefined {
  const folder = process.env['WHITTLE_SHARED'] ?? path.join(ROOT, '../shared');
  return fs.existsSync(folder) ? folder : undefined;
}

async function runCheck(peer: PeerCheck, python: string): Promise<Outcome> {
  const started = Date.now();
  const outcome = (result: Outcome['result'], summary: string) => {
    console.log(`${result}  ${peer.name}: ${summary}`);
    return { name: peer.name, result, summary, seconds: (Date.now() - started) / 1000 };
  };
  try {
    const summary = await peer.check(python, sharedFolder());
    return outcome(summary.startsWith('skipped') ? 'skipped' : 'passed', summary);
  } catch (error) {
    return outcome('failed', error instanceof Error ? error.message : String(error));
  }
}

function printOutcomes(outcomes: readonly Outcome[]): void {
  const rows = outcomes.map(({ name, result, seconds, summary }) => [
    name,
    result,
    seconds.toFixed(1),
    summary,
  ]);
  const table = formatTable({ columns: ['check', 'result', 'seconds', 'measured'], rows });
  const count = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length;
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : '';
  console.log(`\n${table}\n\n${count('passed')} passed, ${count('failed')} failed${skipped}`);
}

async function main(): Promise<void> {
  const options = new Command('test:peers')
    .description(
      'Compares with PyTorch, transformers and TensorBoard, in a Python environment of its own (.venv).',
    )
    .option('--only <name>', 'run only the checks whose name contains this')
    .parse()
    .opts<{ only?: string }>();
  const peers = checks(options.only);
  if (peers.length === 0) throw new Error(`Expected a check named like "${options.only}", found none.`);
  const python = peerPython(path.join(ROOT, '.venv'), path.join(__dirname, 'requirements.txt'));
  const outcomes: Outcome[] = [];
  for (const peer of peers) outcomes.push(await runCheck(peer, python));
  printOutcomes(outcomes);
  process.exitCode = outcomes.some(({ result }) => result === 'failed') ? 1 : 0;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
