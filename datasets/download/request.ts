import { UserError } from '../../lib/core/errors';
import { printable } from '../../lib/core/printable';
import { Transient } from './retry';

/** All, a part, and no such part. */
const USABLE = new Set([200, 206, 416]);
/** Statuses of servers that are busy or restarting. */
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * `fetch` that throws whatever is not an answer to use: `Transient` for what another attempt may mend, else a `UserError` that
 * says what the server said.
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await connected(url, () => fetch(url, init));
  if (USABLE.has(response.status)) return response;
  await response.body?.cancel();
  const said = printable(response.statusText.slice(0, 100));
  const answer = `Expected an answer from ${url}, got ${response.status} ${said}`.trimEnd();
  if (BUSY.has(response.status)) throw new Transient(answer);
  throw new Refused(`${answer}; ${adviceOn(response.status)}.`, response.status);
}

/** A server's refusal, which another attempt does not mend. */
export class Refused extends UserError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Whatever goes wrong while bytes are on their way is a dropped connection. */
export async function connected<T>(url: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Transient(`Expected the bytes of ${url}, but ${reasonOf(error)}`);
  }
}

/**
 * All bytes of an answer, of which there may be so many at most: a server may send for ever.
 *
 * @throws UserError for more.
 */
export async function bytesOf(
  url: string,
  { body }: Response,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const reader = body!.getReader(); ;) {
    const { done, value } = await connected(url, () => reader.read());
    if (done) return new Uint8Array(Buffer.concat(parts));
    parts.push(value);
    if ((size += value.length) <= most) continue;
    await reader.cancel();
    throw new UserError(
      `Expected an answer of at most ${most / 2 ** 20} MiB from ${url}, got more; ask who runs the server.`,
    );
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  return `the connection failed: ${code ?? printable(inner || message)}`;
}

function adviceOn(status: number): string {
  if (status === 401 || status === 403) return 'it is not open to everyone, or does not exist';
  return status === 404 ? 'there is no such file' : 'it cannot be downloaded from there';
}
