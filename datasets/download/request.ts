import { UserError } from '../../lib/core/errors';
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
  const answer = `Expected an answer from ${url}, got ${response.status} ${response.statusText}`.trimEnd();
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

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  return `the connection failed: ${code ?? (inner || message)}`;
}

function adviceOn(status: number): string {
  if (status === 401 || status === 403) return 'it is not open to everyone, or does not exist';
  return status === 404 ? 'there is no such file' : 'it cannot be downloaded from there';
}
