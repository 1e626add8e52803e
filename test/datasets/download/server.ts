import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine, and what it was asked for. */
export interface TestServer {
  readonly url: string;
  readonly requests: http.IncomingMessage[];
  close(): Promise<void>;
}

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export async function serve(handler: Handler): Promise<TestServer> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** How a server answers a request for a file. */
export type Answer = (file: Buffer) => Handler;

/** A strong ETag of the file's bytes. */
export const etagOf = (file: Buffer) => `"${file.toString('hex', 0, 4)}-${file.length}"`;

interface Slice {
  readonly status: 200 | 206;
  readonly body: Buffer;
  readonly headers: http.OutgoingHttpHeaders;
}

/** What RFC 9110 answers: the rest, if that much of this version is there already, else all. */
function sliceOf(file: Buffer, { headers }: http.IncomingMessage): Slice {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const version = headers['if-range'] ?? etagOf(file);
  if (from === 0 || version !== etagOf(file)) {
    return { status: 200, body: file, headers: { 'Content-Length': file.length, ETag: etagOf(file) } };
  }
  const body = file.subarray(from);
  const range = `bytes ${from}-${file.length - 1}/${file.length}`;
  return {
    status: 206,
    body,
    headers: { 'Content-Length': body.length, 'Content-Range': range, ETag: etagOf(file) },
  };
}

export const honest: Answer = (file) => (request, response) => {
  const { status, body, headers } = sliceOf(file, request);
  response.writeHead(status, headers).end(body);
};

/** Sends so many bytes of the answer, then cuts the line. */
export const dropsAfter =
  (bytes: number): Answer =>
  (file) =>
  (request, response) => {
    const { status, body, headers } = sliceOf(file, request);
    response.writeHead(status, headers).write(body.subarray(0, bytes), () => response.destroy());
  };

/** Sends so many bytes of the answer, then nothing more. */
export const stallsAfter =
  (bytes: number): Answer =>
  (file) =>
  (request, response) => {
    const { status, body, headers } = sliceOf(file, request);
    response.writeHead(status, headers).write(body.subarray(0, bytes));
  };

export const dropsBeforeHeaders: Answer = () => (request) => request.socket.destroy();

/** Sends all, but announces another length. */
export const announces =
  (length: number): Answer =>
  (file) =>
  (_request, response) => {
    response.writeHead(200, { 'Content-Length': length, ETag: etagOf(file) });
    response.write(file, () => response.destroy());
  };

export const ignoresRange: Answer = (file) => (_request, response) => {
  response.writeHead(200, { 'Content-Length': file.length }).end(file);
};

/** Sends some other part than the one it was asked for. */
export const answersAnotherRange: Answer = (file) => (_request, response) => {
  const range = `bytes 1-${file.length - 1}/${file.length}`;
  response.writeHead(206, { 'Content-Range': range }).end(file.subarray(1));
};

export const refuses =
  (status: number): Answer =>
  () =>
  (_request, response) => {
    response.writeHead(status).end('no');
  };

/** Serves another file, honestly. */
export const servesInstead =
  (other: Buffer, answer: Answer = honest): Answer =>
  () =>
    answer(other);

/** Says that the file is somewhere else: at the same path after `/moved`, where it is. */
export const redirects: Answer = (file) => (request, response) => {
  if (request.url!.startsWith('/moved')) return honest(file)(request, response);
  response.writeHead(302, { Location: `/moved${request.url}` }).end();
};

/** Answers one request after the other as listed, and all further ones as the last. */
export function serveFile(file: Buffer, answers: readonly Answer[]): Promise<TestServer> {
  let count = 0;
  return serve((request, response) => {
    answers[Math.min(count++, answers.length - 1)]!(file)(request, response);
  });
}
