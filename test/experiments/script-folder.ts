import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { transpiledPackage } from '../transpiled';
import { Circumstances, Ended, runScript } from './run-script';

const MINUTE = 60_000;

export interface ScriptFolder {
  /** The path of a file in a folder of the test file's own. */
  readonly at: (name: string) => string;
  /** Runs a script as a user would. */
  readonly run: (script: string, options: readonly string[], circumstances?: Circumstances) => Promise<Ended>;
}

/** A package to run scripts of and a folder for what they write, from the first test of a file to the last. */
export function scriptFolder(name: string): ScriptFolder {
  let [folder, copy] = ['', ''];
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), `whittle-${name}-`));
    copy = transpiledPackage();
  }, MINUTE);
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  return {
    at: (file) => path.join(folder, file),
    run: (script, options, circumstances) => runScript(copy, script, options, circumstances),
  };
}
