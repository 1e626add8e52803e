import { ChildProcess, spawn } from 'node:child_process';

/** A TensorBoard that runs. */
export interface TensorboardServer {
  /** The answer to a GET, or to a POST where there is a body. */
  ask(path: string, body?: object): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts TensorBoard on a folder, and waits until it answers. @param fast with its data server in Rust, or its reader in Python. */
export async function startTensorboard(
  python: string,
  folder: string,
  fast: boolean,
): Promise<TensorboardServer> {
  const options = ['--logdir', folder, '--host', '127.0.0.1', '--port', '0', '--reload_interval', '1'];
  const child = spawn(python, ['-m', 'tensorboard.main', ...options, '--load_fast', String(fast)]);
  const url = await addressOf(child);
  return {
    async ask(path, body) {
      const headers = { 'content-type': 'application/json' };
      const post = body && { method: 'POST', headers, body: JSON.stringify(body) };
      const response = await fetch(`${url}data/plugin/${path}`, post);
      return response.ok ? response.json() : undefined;
    },
    close: () =>
      new Promise((resolve) => {
        child.on('close', () => resolve());
        child.kill();
      }),
  };
}

/** From what it prints: `TensorBoard 2.21.0 at http://127.0.0.1:41523/ (Press CTRL+C to quit)`. */
function addressOf(child: ChildProcess): Promise<string> {
  let printed = '';
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', (text) => {
      printed += String(text);
      const [, url] = /TensorBoard \S+ at (http:\S+)/.exec(printed) ?? [];
      if (url) resolve(url);
    });
    child.on('close', () => reject(new Error(`TensorBoard did not start:\n${printed}`)));
  });
}
