import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../../lib/core/atomic-file';
import { UserError } from '../../lib/core/errors';
import { locked } from '../../lib/core/lock';
import { makeFolder } from '../../lib/core/make-folder';
import { Content, holds, sizeOf } from './content';
import { display, megabytes, OutputStream } from './display';
import { connected, request } from './request';
import { Patience, retrying, Transient } from './retry';

/** Options of {@link downloadFile}. */
export interface DownloadOptions extends Patience {
  /** Sent with every request, `Authorization` for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the progress bar calls the file; the file's name by default. */
  readonly label?: string;
  /** Where to show the progress; the standard error stream by default. */
  readonly output?: OutputStream;
}

/** A file under way: `<file>.part`, and `<file>.part.etag` with the server's name for the version that it is a part of. */
interface Part {
  readonly url: string;
  readonly file: string;
  readonly etag: string;
  /** Whether all of it came over one connection of ours, and so is of one version. */
  inOnePiece: boolean;
}

/**
 * Downloads a file whose content is known. It appears whole, synced and verified, or not at all; what has come so far is kept
 * beside it (`<file>.part`) and gone on with after a dropped connection, Ctrl-C or a kill. A file that is there already is verified, too:
 * one of other bytes is told of, and replaced once the right ones have come.
 *
 * @throws UserError if the server refuses, cannot be reached after several attempts, or sends other bytes: those are deleted; and if the disk
 *   has no room for what is to come.
 *
 * @example await downloadFile('https://host/a.zip', 'cache/a.zip', { bytes: 376971, algorithm: 'sha256', digest: 'f212fc…' });
 */
export async function downloadFile(
  url: string,
  file: string,
  content: Content,
  options: DownloadOptions = {},
): Promise<void> {
  if (await holds(file, content)) return;
  makeFolder(path.dirname(file));
  const words = { place: `the download of ${file}`, instead: 'download to another place' };
  await locked(`${file}.lock`, words, async () => {
    if (await holds(file, content)) return; // of another process, by now
    const { output = process.stderr } = options;
    if (fs.existsSync(file)) output.write(`${file} has other bytes than it should and is downloaded again\n`);
    const part = { url, file: `${file}.part`, etag: `${file}.part.etag`, inOnePiece: false };
    await fetchAll(part, content, options);
    if (!part.inOnePiece && !(await holds(part.file, content))) {
      remove(part); // pieces of two versions, perhaps: once more, from the start
      await fetchAll(part, content, options);
    }
    if (!(await holds(part.file, content))) throw refuse(part, content);
    writeAtomically(file, () => {}); // its neighbour, the part, is written already
    fs.rmSync(part.etag, { force: true });
  });
}

async function fetchAll(part: Part, content: Content, options: DownloadOptions): Promise<void> {
  expectRoom(part, content.bytes);
  const { label = path.basename(part.file, '.part'), output = process.stderr } = options;
  const shown = display(label, content.bytes, output);
  const size = () => sizeOf(part.file);
  try {
    await retrying(() => fetchMore(part, content.bytes, options, shown.show), options, size);
  } finally {
    shown.end();
  }
}

/** @throws UserError if the disk has less room than is still to come. */
function expectRoom({ file, url }: Part, bytes: number): void {
  const { bavail, bsize } = fs.statfsSync(path.dirname(file));
  const [missing, room] = [bytes - sizeOf(file), bavail * bsize];
  if (missing <= room) return;
  throw new UserError(
    `Expected room for ${megabytes(missing)} MB of ${url} in ${path.dirname(file)}, whose disk has ${megabytes(room)} MB left; make room, or ` +
      'take another disk.',
  );
}

/** One connection: asks for what is missing, and appends what comes. */
async function fetchMore(
  part: Part,
  bytes: number,
  options: DownloadOptions,
  show: (bytes: number) => void,
): Promise<void> {
  if (fs.existsSync(part.file) && sizeOf(part.file) >= bytes) return;
  const { silence = 30_000 } = options;
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(new Error(`nothing came for ${silence} ms`)), silence);
  try {
    const headers = { ...options.headers, ...rangeOf(part), 'Accept-Encoding': 'identity' };
    const response = await request(part.url, { headers, signal: control.signal });
    await append(part, response, bytes, (size) => {
      timer.refresh();
      show(size);
    });
  } finally {
    clearTimeout(timer);
    control.abort();
  }
  const got = sizeOf(part.file);
  if (got < bytes) throw new Transient(`Expected ${bytes} bytes of ${part.url}, got ${got}`);
}

/**
 * Writes what comes; more than `bytes` is another file, of which there is no need to see all. Writing waits for the disk (`Sync`),
 * because a stream that breaks forgets what was not read yet.
 */
async function append(
  part: Part,
  response: Response,
  bytes: number,
  onSize: (size: number) => void,
): Promise<void> {
  const reader = response.body!.getReader();
  const handle = fs.openSync(part.file, beginAt(part, response));
  try {
    for (let size = sizeOf(part.file); size <= bytes;) {
      const { done, value } = await connected(part.url, () => reader.read());
      if (done) return;
      fs.writeFileSync(handle, value);
      onSize((size += value.length));
    }
  } finally {
    fs.closeSync(handle);
  }
}

/** Asks for the rest of the version that the part is of, and for all of any other. */
function rangeOf({ file, etag }: Part): Record<string, string> {
  const size = sizeOf(file);
  if (size === 0) return {};
  const range = { Range: `bytes=${size}-` };
  return fs.existsSync(etag) ? { ...range, 'If-Range': fs.readFileSync(etag, 'utf8') } : range;
}

/** How to open the part for this answer: `a` goes on, `w` starts over. */
function beginAt(part: Part, { status, headers }: Response): 'a' | 'w' {
  const from = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  part.inOnePiece = status === 200;
  if (status === 206 && Number(from) === sizeOf(part.file)) return 'a';
  remove(part);
  if (status === 206 || status === 416) {
    throw new Transient(`Expected the rest of ${part.url}, got another range`);
  }
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) fs.writeFileSync(part.etag, etag); // a weak one (W/"…") does not promise equal bytes
  return 'w';
}

function refuse(part: Part, { bytes, algorithm, digest }: Content): UserError {
  const got = sizeOf(part.file);
  remove(part);
  const difference =
    got === bytes
      ? `${algorithm === 'git' ? 'git object' : 'sha256'} ${digest}, got other bytes of that length`
      : `${bytes} bytes, got ${got > bytes ? 'more' : got}`;
  return new UserError(
    `Expected ${part.url} to have ${difference}; they were deleted, so try again or ask who runs the server.`,
  );
}

function remove({ file, etag }: Part): void {
  fs.rmSync(file, { force: true });
  fs.rmSync(etag, { force: true });
}
