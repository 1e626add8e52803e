import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as ts from 'typescript';

const ROOT = path.resolve(__dirname, '../..');
const A_BLOCK = 120_000;

interface Block {
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
  readonly code: string;
}

/** Folders that have guides. */
const FOLDERS = ['lib', 'datasets', 'trainers', 'experiments'];

function documents(): string[] {
  const guides = FOLDERS.flatMap((folder) => {
    const names = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
  });
  return ['README.md', ...guides];
}

/** The ```ts blocks of a Markdown text. */
function blocksOf(file: string, markdown: string): Block[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
    file,
    line: markdown.slice(0, match.index).split('\n').length + 1,
    code: match[1]!,
  }));
}

/** The package as it is built of this checkout, once for all blocks. */
const built = fs.mkdtempSync(path.join(os.tmpdir(), 'docs-package-'));
beforeAll(async () => {
  const options = ['-p', path.join(ROOT, 'tsconfig.build.json'), '--outDir', built, '--declaration', 'false'];
  await promisify(execFile)(process.execPath, [require.resolve('typescript/bin/tsc'), ...options]);
}, A_BLOCK);
afterAll(() => fs.rmSync(built, { recursive: true }));

/** Runs a block as a program of its own, in an empty folder. */
async function run(code: string): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'docs-'));
  try {
    const program = path.join(folder, 'block.js');
    fs.writeFileSync(program, toProgram(code));
    const { stdout } = await promisify(execFile)(process.execPath, [program], {
      cwd: folder,
      env: { ...process.env, NODE_PATH: path.join(ROOT, 'node_modules') },
      timeout: A_BLOCK,
    });
    return stdout;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** CommonJS has no `await` at the top level, which documents use: the block becomes the body of a function. */
function toProgram(code: string): string {
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };
  const source = code
    .replaceAll(`'whittle-tfjs'`, JSON.stringify(path.join(built, 'index.js')))
    .replaceAll(`'whittle-tfjs/layers'`, JSON.stringify(path.join(built, 'layers.js')));
  const { outputText } = ts.transpileModule(source, { compilerOptions });
  return `(async () => {\n${outputText}\n})().catch((error) => {\n  console.error(error);\n  process.exit(1);\n});\n`;
}

describe('code in documents', () => {
  const blocks = documents().flatMap((file) =>
    blocksOf(file, fs.readFileSync(path.join(ROOT, file), 'utf8')),
  );

  it('is in the README, and in guides', () => {
    const files = blocks.map(({ file }) => file);
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'lib/compress/README.md', 'lib/export/README.md']),
    );
  });

  it.each(blocks)('runs: $file, line $line', async ({ code }) => void (await run(code)), A_BLOCK);
});

describe('the check itself', () => {
  it('finds ts blocks, and no others', () => {
    const markdown = 'Text\n\n```ts\nlet a = 1;\n```\n\n```sh\nls\n```\n\n```ts\nlet b = 2;\n```\n';
    expect(blocksOf('x.md', markdown)).toEqual([
      { file: 'x.md', line: 4, code: 'let a = 1;\n' },
      { file: 'x.md', line: 12, code: 'let b = 2;\n' },
    ]);
  });

  it('runs imports, types and await', async () => {
    const code = `import * as tf from '@tensorflow/tfjs';\nconst x: number = await Promise.resolve(2);\nconsole.log(x, tf.version.tfjs.length > 0);`;
    expect(await run(code)).toMatch(/^2 true$/m);
  });

  it('fails where a block throws, or names something that is not there', async () => {
    await expect(run(`throw new Error('broken');`)).rejects.toThrow('broken');
    await expect(run(`import { nothing } from './nothing';\nnothing();`)).rejects.toThrow('nothing');
  });
});
