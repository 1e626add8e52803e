import { HUB_URL, modelInfo, PathInfo, pathsInfo } from '@huggingface/hub';
import { UserError } from '../../lib/core/errors';
import { quoted } from '../../lib/core/printable';
import type { Content } from './content';
import { HubName, isCommit } from './hub-name';
import { hostOf, hubToken } from './hosts';
import { bytesOf, Refused, request } from './request';
import { Patience, retrying } from './retry';

/** A file of a model: its name and its content. */
export interface HubFile {
  readonly name: string;
  readonly content: Content;
}

/** What the Hub (`HF_ENDPOINT`, by default huggingface.co) says of a model; `HF_TOKEN` is sent where it is set. */
export interface Hub {
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The commit that the revision is now. */
  commit(): Promise<string>;
  /** Those of the files that the commit has. */
  files(commit: string, names: readonly string[]): Promise<HubFile[]>;
  /** Where to download a file from. */
  url(commit: string, name: string): string;
}

export function hubOf({ name, revision }: HubName, patience: Patience): Hub {
  const hubUrl = hostOf('HF_ENDPOINT', HUB_URL);
  const accessToken = hubToken();
  const client = { hubUrl, accessToken, fetch: patientFetch(patience) };
  const said = <T>(answer: Promise<T>) => answer.catch((error: unknown) => explain(error, name, hubUrl));
  return {
    headers: accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` },
    async commit() {
      const { sha } = await said(modelInfo({ ...client, name, revision, additionalFields: ['sha'] }));
      if (isCommit(sha)) return sha;
      throw new UserError(`Expected a commit of ${name} from ${hubUrl}, got ${quoted(sha)}.`);
    },
    async files(commit, names) {
      const infos = await said(pathsInfo({ ...client, repo: name, revision: commit, paths: [...names] }));
      return infos.filter(({ path }) => names.includes(path)).map((info) => hubFile(info, name));
    },
    url: (commit, file) => `${hubUrl}/${name}/resolve/${commit}/${encodeURIComponent(file)}`,
  };
}

/** Large files are known by the SHA-256 of their bytes, small ones by git's name for them: so is what Python calls their blobs. */
function hubFile({ path, size, oid, lfs }: PathInfo, model: string): HubFile {
  const content: Content = lfs
    ? { bytes: lfs.size, algorithm: 'sha256', digest: lfs.oid }
    : { bytes: size, algorithm: 'git', digest: oid ?? '' };
  const digits = lfs ? 64 : 40;
  if (
    Number.isSafeInteger(content.bytes) &&
    content.bytes >= 0 &&
    new RegExp(`^[0-9a-f]{${digits}}$`).test(content.digest)
  )
    return { name: path, content };
  throw new UserError(`Expected length and digest of ${model}/${path} from the Hub, got ${quoted(content)}.`);
}

/** Bytes of what the Hub says of a model's files. */
const LONGEST_ANSWER = 16 * 2 ** 20;

/** A `fetch` whose answers are whole, after as many attempts as it takes. */
function patientFetch(patience: Patience): typeof fetch {
  const { silence = 30_000 } = patience;
  return (input, init) =>
    retrying(async () => {
      const url = String(input);
      const response = await request(url, { ...init, signal: AbortSignal.timeout(silence) });
      const body = await bytesOf(url, response, LONGEST_ANSWER);
      return new Response(body, { status: response.status, headers: response.headers });
    }, patience);
}

function explain(error: unknown, name: string, hubUrl: string): never {
  if (error instanceof Refused) {
    throw new UserError(
      `Expected \`model\` to be a folder or a model of the Hugging Face Hub, got ${name}: there is no such folder, and ` +
        `${hubUrl} answers ${error.status}; check the name, or set HF_TOKEN where it is private or asks for consent.`,
    );
  }
  if (error instanceof UserError) throw error;
  throw new UserError(
    `Expected ${hubUrl} to answer as the Hugging Face Hub does, but ${quoted((error as Error).message)}.`,
  );
}
