import { execFile } from 'node:child_process';
import { deepStrictEqual } from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { downloadModel } from '../../datasets/download/hub-model';
import { Answer, dropsAfter, honest } from '../datasets/download/server';
import { serveHub } from '../datasets/download/hub-server';

export const name = 'hub cache';

const MODEL = 'tiny/bert';
const COMMIT = 'c0ffee'.padEnd(40, '0');
const FILES = {
  'config.json': JSON.stringify({ model_type: 'bert', hidden_size: 24, vocab_size: 6 }),
  'model.safetensors': 'w'.repeat(100_000),
  'vocab.txt': '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword\n',
  'tokenizer_config.json': JSON.stringify({ tokenizer_class: 'BertTokenizer' }),
};

/** Python, offline, finds what was downloaded here over a line that drops; and what Python downloads is found here, offline. */
export async function check(python: string): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-hub-peer-'));
  const serveModel = (answer: Answer) => serveHub({ [MODEL]: { commit: COMMIT, files: FILES, answer } });
  const [dropping, server] = [await serveModel(dropsAfter(60_000)), await serveModel(honest)];
  const settings = { HF_ENDPOINT: server.url, HF_HUB_DISABLE_XET: '1', HF_HUB_DISABLE_TELEMETRY: '1' };
  const run = async (task: string, cache: string, more: object) => {
    const env = { ...process.env, ...settings, HF_HUB_CACHE: path.join(folder, cache), ...more };
    const { stdout } = await promisify(execFile)(python, [path.join(__dirname, 'hub.py'), task, MODEL], {
      env,
    });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const here = async (cache: string, offline: boolean) => {
    Object.assign(process.env, { HF_ENDPOINT: dropping.url, HF_HUB_CACHE: path.join(folder, cache) });
    return (await downloadModel(MODEL, { offline, backoff: 1, output: { write: () => true } })).folder;
  };
  try {
    const ours = await here('ours', false);
    deepStrictEqual(await run('find', 'ours', { HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' }), {
      folder: ours,
      config: path.join(ours, 'config.json'),
      hidden: 24,
      vocabulary: 6,
      repositories: [MODEL],
      refs: [['main']],
      warnings: [],
    });
    const { folder: theirs } = await run('download', 'theirs', {});
    deepStrictEqual(await here('theirs', true), theirs);
    const tree = (cache: string) =>
      fs.readdirSync(path.join(folder, cache, 'models--tiny--bert', 'blobs')).sort();
    deepStrictEqual(tree('ours'), tree('theirs'));
    return `each finds what the other downloaded, ${tree('ours').length} blobs of the same names`;
  } finally {
    await Promise.all([server.close(), dropping.close()]);
    fs.rmSync(folder, { recursive: true });
  }
}
