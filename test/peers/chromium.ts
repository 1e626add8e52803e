import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { peerModules } from './node-modules';
import type { PageServer } from './page-server';

const PACKAGE = '@sparticuz/chromium';
const VERSION = '143.0.4';
const FOLDER = path.resolve(__dirname, '../../node_modules/.cache/whittle-chromium');

/** Whether there is a Chromium for this machine among npm's packages. */
export const hasChromium = process.platform === 'linux' && process.arch === 'x64';

/** How long a page may take, ms. */
const PATIENCE = 300_000;

/**
 * Opens a page in a headless Chromium that reaches this machine alone, and waits for what it posts. Chromium comes from an npm package,
 * with the libraries that it needs: nothing is to be installed on the machine, and nobody has to be root.
 */
export async function postedByPage({ url, posted }: PageServer, page: string): Promise<unknown> {
  const { program, libraries } = await installed();
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-chromium-'));
  const options = [
    '--headless',
    '--no-sandbox', // root gets none, and the page is ours
    '--disable-gpu',
    '--disable-dev-shm-usage', // a container's is small
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    `--user-data-dir=${profile}`,
  ];
  const env = { ...process.env, LD_LIBRARY_PATH: libraries };
  const browser = spawn(program, [...options, `${url}/${page}`], { env, stdio: 'ignore' });
  try {
    return await Promise.race([posted, failure(browser)]);
  } finally {
    const closed = browser.exitCode === null && new Promise((resolve) => browser.once('exit', resolve));
    browser.kill();
    await closed;
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 }); // its children write on for a moment
  }
}

function failure(browser: ChildProcess): Promise<never> {
  return new Promise((_, failed) => {
    browser.once('error', failed);
    browser.once('exit', (code) =>
      failed(new Error(`Chromium ended with ${code} before its page answered.`)),
    );
    setTimeout(failed, PATIENCE, new Error(`Chromium did not answer in ${PATIENCE / 1000} s.`)).unref();
  });
}

async function installed(): Promise<{ readonly program: string; readonly libraries: string }> {
  const packed = path.join(peerModules(FOLDER, PACKAGE, VERSION), 'node_modules', PACKAGE, 'bin');
  const [program, libraries] = [path.join(FOLDER, 'chromium'), path.join(FOLDER, 'lib')];
  if (fs.existsSync(program)) return { program, libraries };
  const [tar, part] = [path.join(FOLDER, 'libraries.tar'), `${program}.part`];
  await decompress(path.join(packed, 'al2023.tar.br'), tar);
  execFileSync('tar', ['-x', '-f', tar, '-C', FOLDER]);
  await decompress(path.join(packed, 'chromium.br'), part);
  fs.renameSync(part, program); // last: what is there is whole
  return { program, libraries };
}

function decompress(from: string, to: string): Promise<void> {
  return pipeline(
    fs.createReadStream(from),
    createBrotliDecompress(),
    fs.createWriteStream(to, { mode: 0o755 }),
  );
}
