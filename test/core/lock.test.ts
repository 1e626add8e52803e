import { ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../lib/core/errors';
import { acquireLock, locked } from '../../lib/core/lock';
import { thisProcess } from '../../lib/core/process-identity';

let folder: string;
let lock: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-lock-'));
  lock = path.join(folder, 'lock');
});
afterEach(() => {
  children.splice(0).forEach((child) => child.kill('SIGKILL'));
  fs.rmSync(folder, { recursive: true });
});

const WORDS = { place: 'the kitchen', instead: 'cook elsewhere' };
const acquire = () => acquireLock(lock, WORDS);
const files = () => fs.readdirSync(folder);
/** A lock as a process of that identity leaves it. */
const leave = (holder: string) => {
  fs.mkdirSync(lock);
  fs.writeFileSync(path.join(lock, holder), '');
};

const MODULE = JSON.stringify(path.resolve('lib/core/lock'));
/** A process that runs a program with `acquire(lock)` in it; its lines. */
function other(program: string): {
  child: ChildProcess;
  lines: AsyncIterator<string>;
  ended: Promise<unknown>;
} {
  const code = `const acquire = (lock) => require(${MODULE}).acquireLock(lock, ${JSON.stringify(WORDS)}); const fs = require('fs'); ${program}`;
  const child = spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const ended = new Promise((resolve) => child.on('close', resolve));
  return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator](), ended };
}
const HOLDS = (file: string) =>
  `acquire(${JSON.stringify(file)}); console.log('held'); setInterval(() => {}, 1000);`;

it('is one process’s until that releases it, and leaves nothing behind', () => {
  const first = acquire();
  expect(files()).toEqual(['lock']);
  expect(acquire).toThrow(UserError);
  expect(acquire).toThrow(
    'Expected to be alone in the kitchen, but this process already works there; wait until it ends, or cook elsewhere.',
  );
  first.release();
  expect(files()).toEqual([]);
  acquire().release();
  expect(files()).toEqual([]);
});

it('is released when the work is done, and when it fails', async () => {
  expect(await locked(lock, WORDS, async () => files())).toEqual(['lock']);
  await expect(locked(lock, WORDS, () => Promise.reject(new Error('burnt')))).rejects.toThrow('burnt');
  expect(files()).toEqual([]);
});

it('tells which process has it, and is not believed once that is killed', async () => {
  const { child, lines, ended } = other(HOLDS(lock));
  expect(await lines.next()).toMatchObject({ value: 'held' });
  expect(acquire).toThrow(`but process ${child.pid} works there; wait until it ends, or cook elsewhere.`);
  child.kill('SIGKILL');
  await ended;
  expect(files()).toEqual(['lock']);
  acquire().release();
  expect(files()).toEqual([]);
});

it('is released by a process that ends without a word', async () => {
  await other(`acquire(${JSON.stringify(lock)}); process.exit(3);`).ended;
  expect(files()).toEqual([]);
});

it.each<[string, () => string]>([
  ['whose number another process has by now', () => `${process.ppid} ${thisProcess().host} elsewhen+1`],
  ['of an earlier boot, with our own number', () => `${process.pid} ${thisProcess().host} boot+1`],
  ['whose number no process has', () => `4194305 ${thisProcess().host} boot+1`], // above every one of Linux
  ['of number 0', () => `0 ${thisProcess().host} boot+1`],
])('is not believed of a process %s', (_, holder) => {
  leave(holder());
  acquire().release();
  expect(files()).toEqual([]);
});

it('is believed of a process whose start the system does not tell, while the number is taken', () => {
  leave(`${process.ppid} ${thisProcess().host} `);
  expect(acquire).toThrow(UserError);
});

it('of another host is believed, and the sentence says how to remove it', () => {
  leave('1 node7.example boot+1');
  expect(acquire).toThrow(
    `but process 1 of host node7.example works there, as far as can be told from here; wait until it ends, or remove ${lock} if it has.`,
  );
  expect(fs.readdirSync(lock)).toEqual(['1 node7.example boot+1']);
  expect(files()).toEqual(['lock']);
});

it.each<[string, () => void]>([
  ['a folder of other files', () => leave('.DS_Store')],
  ['a file', () => fs.writeFileSync(lock, '4711')],
])('refuses %s in its place, and leaves it', (_, make) => {
  make();
  expect(acquire).toThrow(UserError);
  expect(acquire).toThrow(`${lock}`);
  expect(files()).toEqual(['lock']);
});

if (process.platform === 'linux') {
  it('is not believed of a process that ended and was not waited for', async () => {
    const child = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    const { value: pid } = (await createInterface(child.stdout)[Symbol.asyncIterator]().next()) as {
      value: string;
    };
    const stat = () => fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    while (!stat().includes(') Z ')) await new Promise((resolve) => setTimeout(resolve, 5));
    const ticks = stat().split(') ')[1]!.split(' ')[19]!;
    leave(`${pid} ${thisProcess().host} ${thisProcess().started.replace(/\+.*/, `+${ticks}`)}`);
    acquire().release();
  });
}

it('stays with the one who took it over from a dead one while we were about to', () => {
  leave(`4194305 ${thisProcess().host} boot+1`);
  const faster = `${process.ppid} ${thisProcess().host} `;
  const { rmSync } = fs;
  jest.spyOn(fs, 'rmSync').mockImplementationOnce((file, options) => {
    rmSync(lock, { recursive: true });
    leave(faster);
    rmSync(file, options);
  });
  expect(acquire).toThrow(`process ${process.ppid} works there`);
  expect(fs.readdirSync(lock)).toEqual([faster]);
});

it('of several processes at once exactly one gets it, free or left by a dead one', async () => {
  const ROUNDS = 60;
  const EVERY = 30; // ms
  const locks = Array.from({ length: ROUNDS }, (_, round) => path.join(folder, String(round)));
  for (const [round, stale] of locks.entries()) {
    if (round % 3 === 0) continue;
    fs.mkdirSync(stale);
    fs.writeFileSync(path.join(stale, `4194305 ${thisProcess().host} boot+1`), '');
  }
  const start = Date.now() + 4000; // all have started by then
  const program = `
    for (const [round, lock] of ${JSON.stringify(locks)}.entries()) {
      while (Date.now() < ${start} + round * ${EVERY});
      let won = true;
      try { acquire(lock); } catch (error) { won = false; if (error.name !== 'UserError') throw error; }
      console.log(won);
    }
    setInterval(() => {}, 1000);`; // nobody ends while others try
  const wins = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const { lines } = other(program);
      const won: boolean[] = [];
      for (let i = 0; i < ROUNDS; i++) won.push((await lines.next()).value === 'true');
      return won;
    }),
  );
  const winners = locks.map((_, round) => wins.filter((won) => won[round]).length);
  expect(winners).toEqual(locks.map(() => 1));
});
