import { ChildProcess, spawn } from 'child_process';
import { createInterface, Interface } from 'readline';
import { WorkerOptions, WorkerReport } from './sizes';

/** A child process that trains so many steps per line it is sent, and is idle otherwise: contestants take turns. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  readonly times: number[] = [];
  peakMegabytes = 0;

  constructor(
    readonly options: WorkerOptions,
    python: string,
  ) {
    const isTorch = ['sdpa', 'eager', 'torch-products'].includes(options.kind);
    const json = JSON.stringify(options);
    const command = isTorch
      ? [python, 'bench/torch_worker.py', json]
      : [process.execPath, '-r', 'ts-node/register', 'bench/worker.ts', json];
    this.child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    const reader: Interface = createInterface({ input: this.child.stdout! });
    this.lines = reader[Symbol.asyncIterator]();
  }

  /** Runs steps and keeps their times, but not that of the first: after a pause it is slower, which training never is. */
  async run(steps: number): Promise<void> {
    this.child.stdin!.write(`${steps + 1}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`The ${this.options.kind} worker ended early; its own message is above.`);
    const report = JSON.parse(value) as WorkerReport;
    this.times.push(...report.times.slice(1));
    this.peakMegabytes = report.peakMegabytes;
  }

  stop(): void {
    this.child.stdin!.end();
  }
}
