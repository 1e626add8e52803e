import * as fs from 'node:fs';
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

/** A server of files on this machine, and what a page that it serves has to say. */
export interface PageServer {
  readonly url: string;
  /** What the page posts: JSON to `/done`; rejects with a text posted to `/failed`. */
  readonly posted: Promise<unknown>;
  close(): void;
}

/** Serves folders, each under its name: `{ models: '/tmp/m' }` has `/tmp/m/a/config.json` at `/models/a/config.json`. */
export async function servePages(folders: Readonly<Record<string, string>>): Promise<PageServer> {
  let settle: { done: (value: unknown) => void; failed: (error: Error) => void };
  const posted = new Promise((done, failed) => (settle = { done, failed }));
  const server = http.createServer((request, response) => {
    if (request.method !== 'POST') return send(fileAt(folders, request.url!), response);
    void text(request).then((body) => {
      if (request.url === '/done') settle.done(JSON.parse(body));
      else settle.failed(new Error(body));
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    posted,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function fileAt(folders: Readonly<Record<string, string>>, url: string): string | undefined {
  const [name, ...rest] = decodeURIComponent(new URL(url, 'http://127.0.0.1').pathname).slice(1).split('/');
  const folder = folders[name!];
  const file = folder && path.join(folder, ...rest);
  return file && fs.statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}

function send(file: string | undefined, response: http.ServerResponse): void {
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': fs.statSync(file).size });
  fs.createReadStream(file).pipe(response);
}
