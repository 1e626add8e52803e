import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';

/** A process, told from every other one that had or will have its number. Its texts can stand in a file's name, and have no space. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** When it started, as its system tells it; empty where that does not. */
  readonly started: string;
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: thisHost(), started: startOf(process.pid) ?? '' };
}

const thisHost = () => word(os.hostname());
const word = (text: string) => text.replace(/[^\w.+-]+/g, '_');

/**
 * Whether a process still runs. Its number alone does not say so: after a restart, of a machine or of a container, another one has it.
 * A process of another host is taken to run, for it cannot be asked.
 */
export function mayRun({ pid, host, started }: ProcessIdentity): boolean {
  if (host !== thisHost()) return true;
  return exists(pid) && [started, '', undefined].includes(started && startOf(pid));
}

function exists(pid: number): boolean {
  if (!(pid > 0)) return false; // which would mean a group of processes
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process of this host started; undefined where that cannot be told. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'win32') return undefined;
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid);
}

/** The boot, and the clock ticks since then. Of a process that ended and that its parent has not heard of yet: `ended`. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // a name may hold spaces and brackets
    const [state, ticks] = [fields[0]!, fields[19]!]; // fields 3 and 22 of proc(5)
    if (state === 'Z' || state === 'X') return 'ended';
    return `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}+${ticks}`;
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } } as const;
    return word(execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim()) || undefined;
  } catch {
    return undefined;
  }
}
