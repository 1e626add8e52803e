import { spawn } from 'node:child_process';

/** How a script ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Circumstances {
  /** Sends Ctrl-C once the output has it. */
  readonly interruptAt?: string;
  /** Sends Ctrl-C once that has happened. */
  readonly interruptAfter?: Promise<unknown>;
  /** Further environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Runs a script of a package (see `transpiledPackage`) as a user would. */
export function runScript(
  copy: string,
  script: string,
  options: readonly string[],
  { interruptAt, interruptAfter, settings }: Circumstances = {},
): Promise<Ended> {
  const env = { ...process.env, ...settings };
  const child = spawn(process.execPath, [`experiments/${script}.js`, ...options], {
    ...{ cwd: copy, env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve) => {
    let [out, err] = ['', ''];
    let interrupted = interruptAt === undefined;
    const interrupt = () => {
      if (interrupted || !(out + err).includes(interruptAt!)) return;
      interrupted = child.kill('SIGINT'); // once: a second one ends the process at once
    };
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
      interrupt();
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
      interrupt();
    });
    void interruptAfter?.then(() => child.kill('SIGINT'));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
