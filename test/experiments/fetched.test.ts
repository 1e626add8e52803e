import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { environment as runEnvironment } from '../../experiments/environment';
import { fetched } from '../../experiments/fetched';
import { writeConfig } from '../../experiments/run-config';
import { saveHuggingFace, loadHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { serveHub } from '../datasets/download/hub-server';
import { honest, serveFile, TestServer } from '../datasets/download/server';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'word'];

let folder: string;
let server: TestServer | undefined;
const environment = { ...process.env };
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-fetched-'));
  process.env['HF_HUB_CACHE'] = path.join(folder, 'hub');
  process.env['WHITTLE_CACHE'] = folder;
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.env = { ...environment };
  await server?.close();
  server = undefined;
  fs.rmSync(folder, { recursive: true });
});

function savedModel(): Record<string, Buffer> {
  const sizes = { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 16 };
  const model = bert({ ...sizes, vocabSize: VOCABULARY.length, maxPositions: 8, labels: 2 });
  const saved = path.join(folder, 'saved');
  saveHuggingFace(model, saved, { tokenizerFiles: { vocabulary: VOCABULARY, lowercase: true } });
  model.dispose();
  const names = fs.readdirSync(saved).filter((name) => fs.statSync(path.join(saved, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(saved, name))]));
}

test('a model by name becomes a folder in the cache, of its commit, that loads; its teacher, too', async () => {
  server = await serveHub({ 'tiny/bert': { commit: COMMIT, files: savedModel() } });
  process.env['HF_ENDPOINT'] = server.url;
  const options = { task: 'toy', model: 'tiny/bert', teacher: 'tiny/bert@v1', offline: false, epochs: 3 };
  const snapshot = path.join(folder, 'hub', 'models--tiny--bert', 'snapshots', COMMIT);
  expect(await fetched(options)).toEqual({ ...options, model: snapshot, teacher: snapshot });
  expect(await fetched({ ...options, offline: true })).toMatchObject({ model: snapshot });
  const { model, tokenizerFiles } = loadHuggingFace(snapshot);
  expect(tokenizerFiles.vocabulary).toEqual(VOCABULARY);
  model.dispose();
});

test('folders stay as they are, and nobody is asked', async () => {
  process.env['HF_ENDPOINT'] = process.env['WHITTLE_GLUE_HOST'] = 'http://127.0.0.1:9';
  const options = { task: 'cola', model: folder, dataDir: '/data', offline: false };
  expect(await fetched(options)).toEqual(options);
  expect(await fetched({ offline: false })).toMatchObject({ model: undefined, dataDir: undefined });
});

test.each([
  [
    'bert-base-uncased',
    'got bert-base-uncased: there is no such folder; on the Hub its name would be google-bert/bert-base-uncased.',
  ],
  ['distilroberta-base', 'on the Hub its name would be distilbert/distilroberta-base.'],
  ['roberta-large', 'on the Hub its name would be FacebookAI/roberta-large.'],
  ['my-model', 'on the Hub its name would be owner/my-model.'],
  ['./no/such/model', 'got no/such/model: there is no such folder; check the path.'],
])('what is no folder and no name, %s, may be one of the Hub', async (model, message) => {
  const options = { model: path.resolve(model), offline: false };
  await expect(fetched(options)).rejects.toThrow(
    `Expected \`model\` to be a folder or owner/name of the Hugging Face Hub`,
  );
  await expect(fetched(options)).rejects.toThrow(message);
});

test("a run's folder is no model's, and its model is named", async () => {
  const run = path.join(folder, 'run');
  fs.mkdirSync(run);
  writeConfig(run, { script: 'qat-bert', options: {}, environment: runEnvironment(1) });
  const refused = `Expected \`teacher\` to be the folder of a model, got the run ${run}`;
  const options = { teacher: run, offline: false };
  await expect(fetched(options)).rejects.toThrow(
    `${refused}, which has no model yet; finish it, or name another one.`,
  );
  fs.mkdirSync(path.join(run, 'model'));
  await expect(fetched(options)).rejects.toThrow(`${refused}; its model is ${path.join(run, 'model')}.`);
});

test("a GLUE task without a folder has the cache's; wrong bytes are refused; offline and without a cache say what to do", async () => {
  const task = { task: 'cola', offline: true };
  const dataDir = path.join(folder, 'glue');
  await expect(fetched(task)).rejects.toThrow(`Expected CoLA in ${dataDir}, being offline`);
  server = await serveFile(Buffer.alloc(376971), [honest]);
  process.env['WHITTLE_GLUE_HOST'] = server.url;
  await expect(fetched({ ...task, offline: false })).rejects.toThrow('got other bytes of that length');
  fs.mkdirSync(path.join(dataDir, 'CoLA'), { recursive: true });
  expect(await fetched(task)).toMatchObject({ dataDir });
  process.env['WHITTLE_CACHE'] = 'off';
  await expect(fetched(task)).rejects.toThrow('Expected --data-dir <folder of GLUE folders> for --task cola');
});
