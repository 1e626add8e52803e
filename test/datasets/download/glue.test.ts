import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { downloadGlue, DownloadGlueOptions } from '../../../datasets/download/glue';
import { GLUE_DOWNLOADS, GlueDownload } from '../../../datasets/download/glue-files';
import { GLUE_TASKS } from '../../../datasets/glue-tasks';
import { dropsAfter, honest, serve, serveFile, TestServer } from './server';
import { zipOf } from './zip';

const TABLES = { 'CoLA/train.tsv': 'a\t1\t\tone\n', 'CoLA/dev.tsv': 'b\t0\t*\ttwo\n' };

let folder: string;
let server: TestServer | undefined;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-glue-'))));
afterEach(async () => {
  delete process.env['WHITTLE_GLUE_HOST'];
  await server?.close();
  server = undefined;
  fs.rmSync(folder, { recursive: true });
});

const at = (...names: string[]) => path.join(folder, 'glue', ...names);
const known = (address: string, bytes: Buffer): GlueDownload => {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { address, content: { bytes: bytes.length, algorithm: 'sha256', digest } };
};
const get = (files: readonly GlueDownload[] | undefined, options: Partial<DownloadGlueOptions> = {}) => {
  if (server) process.env['WHITTLE_GLUE_HOST'] = server.url;
  const quiet = { backoff: 1, attempts: 2, output: { write: () => true } };
  return downloadGlue('CoLA', { dataDir: at(), files, ...quiet, ...options });
};

test('the tables of an archive become the folder of the task, over a line that drops; the archive goes', async () => {
  const zip = zipOf({ 'CoLA/': '', ...TABLES, 'CoLA/original/raw.tsv': 'x', '__MACOSX/CoLA/._dev.tsv': 'x' });
  server = await serveFile(zip, [dropsAfter(100), honest]);
  await get([known('glue/data/CoLA.zip', zip)]);
  expect(server.requests.map(({ url }) => url)).toEqual(['/glue/data/CoLA.zip', '/glue/data/CoLA.zip']);
  expect(fs.readdirSync(at('CoLA')).sort()).toEqual(['dev.tsv', 'train.tsv']);
  expect(fs.readFileSync(at('CoLA', 'dev.tsv'), 'utf8')).toBe(TABLES['CoLA/dev.tsv']);
  expect(fs.readdirSync(at()).sort()).toEqual(['CoLA', 'downloads']);
  expect(fs.readdirSync(at('downloads'))).toEqual([]);
  await get([known('glue/data/CoLA.zip', zip)]);
  expect(server.requests).toHaveLength(2);
});

test('files that are not archives become the folder as they are', async () => {
  const texts = { 'train.txt': Buffer.from('train'), 'dev_ids.tsv': Buffer.from('ids') };
  server = await serve((request, response) => {
    honest(texts[path.basename(request.url!) as keyof typeof texts])(request, response);
  });
  await get(Object.entries(texts).map(([name, text]) => known(`senteval/${name}`, text)));
  expect(fs.readdirSync(at('CoLA')).sort()).toEqual(['dev_ids.tsv', 'train.txt']);
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'leads out of the folder',
    { 'CoLA/train.tsv': 'x', 'CoLA/../../evil.tsv': 'x' },
    /Expected a whole zip archive.*\.\./,
  ],
  ['is absolute', { '/tmp/evil.tsv': 'x' }, /Expected a whole zip archive.*absolute path/],
  ['is of Windows', { 'CoLA/train.tsv': 'x', 'CoLA\\..\\..\\evil.tsv': 'x' }, /Expected a whole zip archive/],
  ['is of another folder', { 'RTE/train.tsv': 'x' }, /Expected the folder CoLA in .*CoLA.zip/],
])('an archive with a name that %s is refused, and leaves nothing', async (_what, files, message) => {
  const zip = zipOf(files);
  server = await serveFile(zip, [honest]);
  await expect(get([known('glue/data/CoLA.zip', zip)])).rejects.toThrow(message);
  expect(fs.readdirSync(at())).toEqual(['downloads']);
  expect(fs.readdirSync(folder)).toEqual(['glue']);
});

test('a damaged archive is refused, though its digest is right', async () => {
  const zip = zipOf(TABLES);
  zip.fill(0, 40, 60);
  server = await serveFile(zip, [honest]);
  await expect(get([known('glue/data/CoLA.zip', zip)])).rejects.toThrow('Expected a whole zip archive');
  expect(fs.readdirSync(at())).toEqual(['downloads']);
});

test('other bytes than those published are refused', async () => {
  const { bytes } = GLUE_DOWNLOADS['CoLA']![0]!.content;
  server = await serveFile(Buffer.alloc(bytes), [honest]);
  await expect(get(undefined)).rejects.toThrow(
    /CoLA.zip to have sha256 f212fcd8.*, got other bytes of that length/,
  );
});

test('offline says what is missing and where', async () => {
  await expect(get(undefined, { offline: true })).rejects.toThrow(
    `Expected CoLA in ${at()}, being offline; run it once without \`offline\`, or give \`dataDir\`.`,
  );
});

test('every task can be downloaded', () => {
  for (const { folder: name } of Object.values(GLUE_TASKS)) {
    expect(GLUE_DOWNLOADS[name]!.map(({ content }) => content.digest.length)).not.toHaveLength(0);
  }
  const digests = Object.values(GLUE_DOWNLOADS).flatMap((files) =>
    files.map(({ content }) => content.digest),
  );
  expect(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest))).toBe(true);
  expect(new Set(digests).size).toBe(12);
});
