import { createHash } from 'node:crypto';
import type * as http from 'node:http';
import { Answer, honest, serve, TestServer } from './server';

type Content = string | Buffer;

/** A repository of the test's Hub. */
export interface Repository {
  readonly commit: string;
  readonly files: Readonly<Record<string, Content>>;
  /** How its files are sent; honestly by default. */
  readonly answer?: Answer;
}

const isLarge = (name: string) => name.endsWith('.safetensors');
const hash = (algorithm: string, ...parts: Content[]) => {
  const sum = createHash(algorithm);
  parts.forEach((part) => sum.update(part));
  return sum.digest('hex');
};

/** Git's name for a file. */
export const gitDigest = (text: Content) => hash('sha1', `blob ${Buffer.byteLength(text)}\0`, text);
export const sha256 = (text: Content) => hash('sha256', text);

/** A file as the Hub describes it. */
function describe(name: string, text: Content): object {
  const size = Buffer.byteLength(text);
  const file = { type: 'file', path: name, size, oid: gitDigest(text) };
  return isLarge(name) ? { ...file, lfs: { oid: sha256(text), size, pointerSize: 130 } } : file;
}

async function textOf(request: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** The addresses of the Hugging Face Hub that downloads of ours and of Python's need, for models by `owner/name`. */
export function serveHub(repositories: Record<string, Repository>): Promise<TestServer> {
  return serve(async (request, response) => {
    const [, name, kind, rest] =
      /^\/(?:api\/models\/)?([^/]+\/[^/]+)\/(revision|tree|paths-info|resolve)\/([^?]+)/.exec(request.url!) ??
      [];
    const repository = repositories[name ?? ''];
    const json = (value: unknown) =>
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (!repository) return void response.writeHead(401).end();
    const { commit, files, answer = honest } = repository;
    if (kind === 'revision') {
      return void json({
        id: name,
        sha: commit,
        siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
      });
    }
    if (kind === 'paths-info') {
      const { paths } = JSON.parse(await textOf(request)) as { paths: string[] };
      return void json(paths.filter((file) => file in files).map((file) => describe(file, files[file]!)));
    }
    if (kind === 'tree') {
      return void json(Object.entries(files).map(([file, text]) => describe(file, text)));
    }
    const text = files[rest!.slice(commit.length + 1)];
    if (text === undefined) return void response.writeHead(404).end();
    response.setHeader('X-Repo-Commit', commit); // these two are for Python
    response.setHeader('X-Linked-Etag', `"${isLarge(rest!) ? sha256(text) : gitDigest(text)}"`);
    (request.method === 'HEAD' ? honest : answer)(Buffer.from(text as Buffer))(request, response);
  });
}
