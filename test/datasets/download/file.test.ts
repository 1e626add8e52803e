import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { thisProcess } from '../../../lib/core/process-identity';
import { downloadFile, DownloadOptions } from '../../../datasets/download/file';
import {
  announces,
  Answer,
  answersAnotherRange,
  dropsAfter,
  dropsBeforeHeaders,
  etagOf,
  honest,
  ignoresRange,
  redirects,
  refuses,
  serveFile,
  servesInstead,
  stallsAfter,
  TestServer,
} from './server';

const FILE = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) % 251));
/** As long, and other bytes from the first on. */
const OTHER = Buffer.from(FILE.map((byte) => byte ^ 1));
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const CONTENT = { bytes: FILE.length, algorithm: 'sha256', digest: sha256(FILE) } as const;

let folder: string;
let file: string;
let server: TestServer;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-download-'));
  file = path.join(folder, 'cache', 'file.bin');
});
afterEach(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

const QUIET: DownloadOptions = { backoff: 1, output: { write: () => true } };

async function download(...answers: Answer[]): Promise<void> {
  server = await serveFile(FILE, answers);
  await downloadFile(`${server.url}/file.bin`, file, CONTENT, { ...QUIET, silence: 200 });
}
const ranges = () => server.requests.map(({ headers }) => headers.range);
const files = () => fs.readdirSync(path.dirname(file));
function leave(part: Buffer, etag?: string): void {
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(`${file}.part`, part);
  if (etag) fs.writeFileSync(`${file}.part.etag`, etag);
}

test.each<[string, Answer[], (string | undefined)[]]>([
  ['all is well', [honest], [undefined]],
  [
    'drops in the middle',
    [dropsAfter(400), dropsAfter(300), honest],
    [undefined, 'bytes=400-', 'bytes=700-'],
  ],
  ['drops before the last byte', [dropsAfter(999), honest], [undefined, 'bytes=999-']],
  ['drops before the headers', [dropsBeforeHeaders, honest], [undefined, undefined]],
  ['stops in the middle', [stallsAfter(400), honest], [undefined, 'bytes=400-']],
  ['announces more than it sends', [announces(2000)], [undefined]],
  ['announces less than it sends', [announces(600), honest], [undefined, 'bytes=600-']],
  ['ignores Range', [dropsAfter(400), ignoresRange], [undefined, 'bytes=400-']],
  [
    'answers another range',
    [dropsAfter(400), answersAnotherRange, honest],
    [undefined, 'bytes=400-', undefined],
  ],
  [
    'changes the file, from a wrong one',
    [servesInstead(OTHER, dropsAfter(400)), honest],
    [undefined, 'bytes=400-'],
  ],
  ['is busy, then fine', [refuses(500), refuses(503), refuses(429), honest], Array(4).fill(undefined)],
  ['redirects', [redirects], [undefined, undefined]],
])('the file is right when the server %s', async (_fault, answers, asked) => {
  await download(...answers);
  expect(fs.readFileSync(file).equals(FILE)).toBe(true);
  expect(files()).toEqual(['file.bin']);
  expect(ranges()).toEqual(asked);
});

test.each<[string, Answer[], RegExp]>([
  [
    'serves other bytes of that length',
    [servesInstead(OTHER)],
    /sha256 [0-9a-f]{64}, got other bytes of that length; they were deleted/,
  ],
  [
    'serves more bytes',
    [servesInstead(Buffer.concat([FILE, OTHER]))],
    /to have 1000 bytes, got more; they were deleted/,
  ],
  ['has no such file', [refuses(404)], /file\.bin, got 404 Not Found; there is no such file\.$/],
  [
    'asks who we are',
    [refuses(401)],
    /got 401 Unauthorized; it is not open to everyone, or does not exist\.$/,
  ],
])('refused in one sentence, and nothing left, when the server %s', async (_fault, answers, message) => {
  await expect(download(...answers)).rejects.toThrow(message);
  await expect(downloadFile(`${server.url}/file.bin`, file, CONTENT, QUIET)).rejects.toMatchObject({
    name: 'UserError',
  });
  expect(files()).toEqual([]);
});

test.each<[string, Answer[], RegExp, string[]]>([
  ['always drops', [dropsAfter(0)], /the connection failed: .*, 5 times in a row/, []],
  ['is busy for good', [refuses(500)], /got 500 Internal Server Error, 5 times in a row/, []],
  [
    'drops and ignores Range',
    [
      dropsAfter(400),
      servesInstead(FILE, (bytes) => (_, response) => {
        response
          .writeHead(200, { 'Content-Length': 1000 })
          .write(bytes.subarray(0, 300), () => response.destroy());
      }),
    ],
    /5 times in a row; try again later, what has come so far is kept/,
    ['file.bin.part'],
  ],
  [
    'has only a part of it',
    [servesInstead(FILE.subarray(0, 600))],
    /Expected 1000 bytes of .*, 5 times in a row/,
    ['file.bin.part', 'file.bin.part.etag'],
  ],
])('given up in one sentence when the server %s', async (_fault, answers, message, left) => {
  await expect(download(...answers)).rejects.toThrow(message);
  expect(files().filter((name) => left.includes(name))).toEqual(left);
  expect(files()).not.toContain('file.bin');
});

test('a part of an earlier process is gone on with, if it is of the same version', async () => {
  leave(FILE.subarray(0, 900), etagOf(FILE));
  await download(honest);
  expect(server.requests[0]!.headers).toMatchObject({ range: 'bytes=900-', 'if-range': etagOf(FILE) });
  expect(fs.readFileSync(file).equals(FILE)).toBe(true);
});

test('pieces of two versions, which the server does not name, are told by their bytes: the file is fetched anew', async () => {
  leave(OTHER.subarray(0, 900));
  await download(honest);
  expect(ranges()).toEqual(['bytes=900-', undefined]);
  expect(fs.readFileSync(file).equals(FILE)).toBe(true);
});

test('a part that is longer than the file, or complete, costs no more than it must', async () => {
  leave(Buffer.concat([OTHER, OTHER]));
  await download(honest);
  expect(ranges()).toEqual([undefined]);
  fs.renameSync(file, `${file}.part`);
  await downloadFile(`${server.url}/file.bin`, file, CONTENT, QUIET);
  expect(ranges()).toHaveLength(1);
});

test('a file that is there and whole is not asked for; one of other bytes is told of and replaced', async () => {
  server = await serveFile(FILE, [honest]);
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, FILE);
  await downloadFile(`${server.url}/file.bin`, file, CONTENT, QUIET);
  expect(server.requests).toHaveLength(0);
  fs.writeFileSync(file, OTHER);
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) > 0 };
  await downloadFile(`${server.url}/file.bin`, file, CONTENT, { ...QUIET, output });
  expect(written[0]).toBe(`${file} has other bytes than it should and is downloaded again\n`);
  expect(fs.readFileSync(file).equals(FILE)).toBe(true);
});

test('a damaged file stays until a whole one has come', async () => {
  server = await serveFile(FILE, [refuses(404)]);
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, OTHER);
  await expect(downloadFile(`${server.url}/file.bin`, file, CONTENT, QUIET)).rejects.toThrow('404');
  expect(fs.readFileSync(file).equals(OTHER)).toBe(true);
});

test('more than the disk has room for is refused before anything is asked for', async () => {
  server = await serveFile(FILE, [honest]);
  const content = { ...CONTENT, bytes: 1e15 };
  await expect(downloadFile(`${server.url}/file.bin`, file, content, QUIET)).rejects.toThrow(
    /^Expected room for 1000000000\.0 MB of \S+file\.bin in \S+cache, whose disk has [\d.]+ MB left; make room, or take another disk\.$/,
  );
  expect(server.requests).toHaveLength(0);
});

test('of an answer without an end no more is written than was announced', async () => {
  let sent = 0;
  const endless: Answer = () => (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(2 ** 16))) sent += 2 ** 16;
    };
    response.writeHead(200).on('drain', more);
    more();
  };
  await expect(download(endless)).rejects.toThrow('to have 1000 bytes, got more; they were deleted');
  expect(sent).toBeLessThan(2 ** 26);
  expect(files()).toEqual([]);
});

test('what a server says is shown without what a terminal would obey', async () => {
  const rude: Answer = () => (_, response) => {
    response.socket!.end('HTTP/1.1 404 \u001b[2J\u009b31mgone\r\nContent-Length: 0\r\n\r\n', 'latin1');
  };
  const error = await download(rude).catch((error: Error) => error.message);
  expect(error).toMatch(/got 404 .*\\u001b\[2J.*gone/);
  expect(error).not.toMatch(/\p{Cc}/u);
});

test('two processes do not write one file; the lock of a dead one is taken over', async () => {
  const { host } = thisProcess();
  fs.mkdirSync(`${file}.lock`, { recursive: true });
  fs.writeFileSync(path.join(`${file}.lock`, `${process.ppid} ${host} `), '');
  await expect(download(honest)).rejects.toThrow(
    `alone in the download of ${file}, but process ${process.ppid} works there`,
  );
  expect(server.requests).toEqual([]);
  const [ours] = fs.readdirSync(`${file}.lock`);
  const dead = `${process.pid} ${host} boot+1`; // of a container that was restarted: its number is ours
  fs.renameSync(path.join(`${file}.lock`, ours!), path.join(`${file}.lock`, dead));
  await downloadFile(`${server.url}/file.bin`, file, CONTENT, QUIET);
  expect(files()).toEqual(['file.bin']);
});

test('a killed process loses nothing of what had come', async () => {
  server = await serveFile(FILE, [stallsAfter(400), honest]);
  const url = `${server.url}/file.bin`;
  const program = `require(${JSON.stringify(path.resolve('datasets/download/file'))}).downloadFile(...${JSON.stringify([url, file, CONTENT])})`;
  const child = execFile(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', program]);
  const exit = new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  while (!fs.existsSync(`${file}.part`) || fs.statSync(`${file}.part`).size < 400) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  expect(await exit).toBe('SIGKILL');
  expect(files()).toEqual(['file.bin.lock', 'file.bin.part', 'file.bin.part.etag']);
  await downloadFile(url, file, CONTENT, QUIET);
  expect(ranges()).toEqual([undefined, 'bytes=400-']);
  expect(fs.readFileSync(file).equals(FILE)).toBe(true);
});

test('one line tells of a download where there is no terminal', async () => {
  server = await serveFile(FILE, [honest]);
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) > 0 };
  await downloadFile(`${server.url}/file.bin`, file, CONTENT, { ...QUIET, output, label: 'a model' });
  expect(written).toEqual(['downloading a model (0.001 MB)\n']);
});

test('an empty file is a file', async () => {
  server = await serveFile(Buffer.alloc(0), [honest]);
  const empty = { bytes: 0, algorithm: 'git', digest: 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391' } as const; // as git has it
  await downloadFile(`${server.url}/empty`, file, empty, QUIET);
  expect(files()).toEqual(['file.bin']);
});
