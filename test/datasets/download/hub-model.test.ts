import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { downloadModel, DownloadModelOptions } from '../../../datasets/download/hub-model';
import { hubName } from '../../../datasets/download/hub-name';
import { gitDigest, Repository, serveHub, sha256 } from './hub-server';
import { dropsAfter, honest, refuses, serve, servesInstead, TestServer } from './server';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const CONFIG = '{"model_type":"bert"}';
const FILES = { 'config.json': CONFIG, 'model.safetensors': 'weights', 'vocab.txt': '[PAD]\n' };

let folder: string;
let server: TestServer | undefined;
const environment = { ...process.env };
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-hub-'));
  process.env['HF_HUB_CACHE'] = folder;
  ['HF_TOKEN', 'HF_HUB_OFFLINE'].forEach((name) => delete process.env[name]);
});
afterEach(async () => {
  process.env = { ...environment };
  await server?.close();
  server = undefined;
  fs.rmSync(folder, { recursive: true });
});

const QUIET: DownloadModelOptions = { backoff: 1, attempts: 2, output: { write: () => true } };

async function hub(repository: Partial<Repository>): Promise<TestServer> {
  await server?.close();
  server = await serveHub({ 'tiny/bert': { commit: COMMIT, files: FILES, ...repository } });
  process.env['HF_ENDPOINT'] = server.url;
  return server;
}
const get = (name = 'tiny/bert', options = {}) => downloadModel(name, { ...QUIET, ...options });
const inCache = (...names: string[]) => path.join(folder, 'models--tiny--bert', ...names);
const paths = () => server!.requests.map(({ url }) => url!.split('?')[0]);

test.each([
  ['google/bert_uncased_L-2_H-128_A-2', { name: 'google/bert_uncased_L-2_H-128_A-2', revision: 'main' }],
  ['tiny/bert@v1.0', { name: 'tiny/bert', revision: 'v1.0' }],
  ['tiny/bert@refs/pr/1', { name: 'tiny/bert', revision: 'refs/pr/1' }],
  ['bert', undefined],
  ['/tiny/bert', undefined],
  ['./bert', undefined],
  ['../bert', undefined],
  ['runs/a/model', undefined],
  ['tiny/bert@../../x', undefined],
  ['tiny/bert@', undefined],
])('%s is a name: %j', (text, name) => expect(hubName(text)).toEqual(name));

test('a model comes into the cache in the layout of huggingface_hub, with only the files that are needed', async () => {
  await hub({ files: { ...FILES, 'README.md': '#', 'pytorch_model.bin': 'pickle', 'tf_model.h5': 'x' } });
  expect(await get()).toEqual({ folder: inCache('snapshots', COMMIT), commit: COMMIT });
  expect(fs.readFileSync(inCache('refs', 'main'), 'utf8')).toBe(COMMIT);
  expect(fs.readdirSync(inCache('snapshots', COMMIT)).sort()).toEqual(Object.keys(FILES));
  const blobs = { 'config.json': gitDigest(CONFIG), 'model.safetensors': sha256('weights') };
  for (const [name, blob] of Object.entries(blobs)) {
    expect(fs.readlinkSync(inCache('snapshots', COMMIT, name))).toBe(path.join('..', '..', 'blobs', blob));
  }
  expect(fs.readdirSync(inCache('blobs'))).toHaveLength(3);
  expect(fs.readFileSync(inCache('snapshots', COMMIT, 'config.json'), 'utf8')).toBe(CONFIG);
});

test('what is there is not asked for again; a commit needs no network at all', async () => {
  await hub({});
  await get();
  const first = paths().length;
  await get();
  expect(paths().slice(first)).toEqual([
    '/api/models/tiny/bert/revision/main',
    `/api/models/tiny/bert/paths-info/${COMMIT}`,
  ]);
  await get(`tiny/bert@${COMMIT}`);
  expect(paths()).toHaveLength(first + 2);
});

test('a branch that moved brings a new snapshot, and shares the files that did not change', async () => {
  await hub({});
  await get();
  const later = 'decade'.padEnd(40, '1');
  await hub({ commit: later, files: { ...FILES, 'config.json': '{}' } });
  expect((await get()).commit).toBe(later);
  expect(paths().filter((name) => name!.includes('resolve'))).toEqual([
    `/tiny/bert/resolve/${later}/config.json`,
  ]);
  expect(fs.readdirSync(inCache('snapshots')).sort()).toEqual([COMMIT, later].sort());
});

test('shards are those that the index names', async () => {
  const index = JSON.stringify({
    weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors', c: 'model-1.safetensors' },
  });
  const files = { 'config.json': CONFIG, 'vocab.txt': '', 'model.safetensors.index.json': index };
  await hub({
    files: { ...files, 'model-1.safetensors': '1', 'model-2.safetensors': '2', 'model-3.safetensors': '3' },
  });
  const { folder: snapshot } = await get();
  expect(fs.readdirSync(snapshot).sort()).toEqual(
    [...Object.keys(files), 'model-1.safetensors', 'model-2.safetensors'].sort(),
  );
  await hub({ files, commit: 'beef'.padEnd(40, '2') });
  await expect(get()).rejects.toThrow(
    /model-1.safetensors, model-2.safetensors is missing: the Hub has no such file/,
  );
});

test.each<[string, Partial<Repository>, RegExp]>([
  [
    'only a pickle',
    { files: { 'config.json': CONFIG, 'pytorch_model.bin': '' } },
    /tiny\/bert has only pytorch_model.bin.*: python -c "import transformers as t; t.AutoModel.from_pretrained\('tiny\/bert'\).save_pretrained\('bert'\)/,
  ],
  ['no weights', { files: { 'config.json': CONFIG } }, /tiny\/bert has no weights/],
  ['no config', { files: { 'vocab.txt': '' } }, /with a config.json, got tiny\/bert without/],
  [
    'no vocabulary',
    { files: { 'config.json': CONFIG, 'model.safetensors': '' } },
    /tokenizer.json or vocab.txt or vocab.json is missing/,
  ],
  [
    'an index that leads out of the cache',
    {
      files: {
        ...FILES,
        'model.safetensors': undefined!,
        'model.safetensors.index.json': '{"weight_map":{"a":"../../x.safetensors"}}',
      },
    },
    /weight_map from tensors to .safetensors files/,
  ],
  [
    'a list for the name of a shard',
    {
      files: {
        ...FILES,
        'model.safetensors': undefined!,
        'model.safetensors.index.json': '{"weight_map":{"a":["x.safetensors"]}}',
      },
    },
    /weight_map from tensors to .safetensors files/,
  ],
  [
    'wrong bytes',
    { answer: (file) => (String(file) === 'weights' ? servesInstead(Buffer.from('weighty')) : honest)(file) },
    /got other bytes of that length; they were deleted/,
  ],
  ['no commit', { commit: '../../x' }, /Expected a commit of tiny\/bert/],
])('refused in one sentence: a model with %s', async (_what, repository, message) => {
  const files = Object.fromEntries(
    Object.entries(repository.files ?? FILES).filter(([, text]) => text !== undefined),
  );
  await hub({ ...repository, files });
  await expect(get()).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(message) as string,
  });
  expect(fs.existsSync(inCache('refs'))).toBe(false);
});

test('what is no name of the Hub is refused', async () => {
  await expect(get('bert')).rejects.toThrow(
    'Expected owner/name or owner/name@revision of a model of the Hugging Face Hub, got bert.',
  );
});

test('a name that the Hub does not know may be a mistyped folder', async () => {
  await hub({});
  await expect(get('run/model')).rejects.toThrow(
    /got run\/model: there is no such folder, and .* answers 401; check the name, or set HF_TOKEN/,
  );
});

test('a server that is no Hub, or is out of reach, is told in one sentence', async () => {
  server = await serve((_, response) => response.end('<html>'));
  process.env['HF_ENDPOINT'] = server.url;
  await expect(get()).rejects.toThrow(/to answer as the Hugging Face Hub does, but .*JSON/);
  await server.close();
  await expect(get()).rejects.toThrow(/the connection failed: ECONNREFUSED, 2 times in a row/);
});

test('a dropped download goes on where it was in the next run', async () => {
  const files = { ...FILES, 'model.safetensors': 'w'.repeat(50_000) };
  await hub({ files, answer: (file) => (file.length < 1000 ? refuses(503) : dropsAfter(20_000))(file) });
  await expect(get()).rejects.toThrow('kept');
  await hub({ files, answer: dropsAfter(20_000) });
  await get(undefined, { attempts: 9 });
  expect(fs.readFileSync(inCache('snapshots', COMMIT, 'model.safetensors'), 'utf8')).toBe(
    files['model.safetensors'],
  );
});

test('offline tells what is missing and where it looked, and asks nobody', async () => {
  await hub({});
  await expect(get('tiny/bert', { offline: true })).rejects.toThrow(
    `but ${inCache()} has no main; run it once without \`offline\``,
  );
  await get();
  const asked = paths().length;
  process.env['HF_HUB_OFFLINE'] = '1';
  expect(await get()).toEqual({ folder: inCache('snapshots', COMMIT), commit: COMMIT });
  fs.rmSync(inCache('blobs', sha256('weights'))); // the link is left
  await expect(get()).rejects.toThrow(
    `Expected all of tiny/bert in ${inCache('snapshots', COMMIT)}, but model.safetensors is missing: being offline`,
  );
  expect(paths()).toHaveLength(asked);
});

test('HF_TOKEN is sent, where it is set', async () => {
  await hub({});
  await get();
  expect(server!.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  process.env['HF_TOKEN'] = 'hf_test';
  await hub({ commit: 'ace'.padEnd(40, '3'), files: { ...FILES, 'vocab.txt': 'new' } });
  await get();
  expect(server!.requests.map(({ headers }) => headers.authorization)).toEqual(
    Array(3).fill('Bearer hf_test'),
  );
});

test('HF_TOKEN does not go to the host that the Hub sends us to for the bytes', async () => {
  const other = await serve((request, response) => {
    honest(Buffer.from(FILES[path.basename(request.url!) as keyof typeof FILES]))(request, response);
  });
  process.env['HF_TOKEN'] = 'hf_test';
  await hub({
    answer: () => (request, response) => {
      response.writeHead(302, { Location: `${other.url}${request.url}` }).end();
    },
  });
  await get();
  expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  await other.close();
});

test('white space around HF_TOKEN is not part of it', async () => {
  process.env['HF_TOKEN'] = ' hf_test\r\n';
  await hub({});
  await get();
  expect(server!.requests[0]!.headers.authorization).toBe('Bearer hf_test');
});

describe('secrets are in no message:', () => {
  test.each([
    ['HF_TOKEN', 'hf_sec\nret', /^Expected a token of letters, digits and signs in HF_TOKEN/],
    ['HF_TOKEN', 'hf_secret-ü', /^Expected a token of letters, digits and signs in HF_TOKEN/],
    [
      'HF_ENDPOINT',
      'http://me:secret@127.0.0.1:1',
      /^Expected an address without a name and a password in HF_ENDPOINT/,
    ],
    [
      'HF_ENDPOINT',
      'http://secret@127.0.0.1:1',
      /^Expected an address without a name and a password in HF_ENDPOINT/,
    ],
    [
      'HF_ENDPOINT',
      'me:secret@127.0.0.1',
      /^Expected an address such as https:\/\/huggingface\.co in HF_ENDPOINT, got something else/,
    ],
    ['HF_ENDPOINT', 'file:///secret', /^Expected an address such as/],
  ])('%s %j', async (variable, value, message) => {
    process.env[variable] = value;
    const error = await get().catch((error: Error) => error);
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) as string });
    expect(String((error as Error).stack)).not.toMatch('sec');
  });
});

test('an answer without an end is broken off', async () => {
  server = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(2 ** 16, ' ')));
    };
    response.writeHead(200, { 'Content-Type': 'application/json' }).on('drain', more);
    more();
  });
  process.env['HF_ENDPOINT'] = server.url;
  const before = process.memoryUsage().arrayBuffers;
  await expect(get()).rejects.toThrow(
    /^Expected an answer of at most 16 MiB from \S+, got more; ask who runs the server\.$/,
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e8);
});

test('escapes in what the Hub says are shown as such', async () => {
  await hub({ commit: '\u001b]0;title\u0007' });
  await expect(get()).rejects.toThrow('got "\\u001b]0;title\\u0007".');
});

describe('a damaged blob in the cache', () => {
  const blob = () => inCache('blobs', sha256('weights'));
  beforeEach(async () => {
    await hub({});
    await get();
    fs.writeFileSync(blob(), 'weighty');
  });

  test.each(['tiny/bert', `tiny/bert@${COMMIT}`])('is downloaded again for %s, and told of', async (name) => {
    const written: string[] = [];
    const { folder: snapshot } = await get(name, {
      output: { write: (text: string) => written.push(text) > 0 },
    });
    expect(fs.readFileSync(path.join(snapshot, 'model.safetensors'), 'utf8')).toBe('weights');
    expect(written[0]).toBe(`${blob()} has other bytes than it should and is downloaded again\n`);
    expect(paths().filter((url) => url!.includes('resolve'))).toHaveLength(4);
  });

  test('is refused offline', async () => {
    await expect(get('tiny/bert', { offline: true })).rejects.toThrow(
      `Expected tiny/bert in ${inCache('snapshots', COMMIT)} as it was published, but model.safetensors has other bytes; run it once without`,
    );
  });

  test('and a damaged copy, where a system has no links, too', async () => {
    const copy = inCache('snapshots', COMMIT, 'config.json');
    fs.rmSync(copy);
    fs.writeFileSync(copy, '{"model_type":"bort"}');
    await get();
    expect(fs.readFileSync(copy, 'utf8')).toBe(CONFIG);
  });
});

test('a branch below another one, or above, is refused: their names cannot stand side by side', async () => {
  await hub({});
  await get('tiny/bert@main');
  const refused = `Expected a revision that can stand beside those that are in the cache, got main/x, where ${inCache('refs', 'main')} is in the way`;
  await expect(get('tiny/bert@main/x')).rejects.toThrow(refused);
  await get('tiny/bert@refs/pr/1');
  await expect(get('tiny/bert@refs/pr')).rejects.toThrow(
    `got refs/pr, where ${inCache('refs', 'refs', 'pr')} is in the way`,
  );
  await expect(get('tiny/bert@refs/pr', { offline: true })).rejects.toThrow(
    'has no refs/pr; run it once without',
  );
});

test('a note of a branch that is no commit is none', async () => {
  await hub({});
  await get();
  fs.writeFileSync(inCache('refs', 'main'), '../../x');
  await expect(get('tiny/bert', { offline: true })).rejects.toThrow('has no main; run it once without');
  expect((await get()).commit).toBe(COMMIT);
});
