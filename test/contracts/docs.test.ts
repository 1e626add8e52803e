import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as ts from 'typescript';
import { documents, ROOT, textOf } from './documents';

const A_BLOCK = 120_000;

interface Block {
  readonly file: string;
  /** Of its first line, from 1. */
  readonly line: number;
  readonly code: string;
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

/** A folder of each document, empty at first: what a block writes, later ones may read. */
const folders = new Map<string, string>();
afterAll(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true })));

function folderOf(file: string): string {
  const folder = folders.get(file) ?? fs.mkdtempSync(path.join(os.tmpdir(), 'docs-'));
  folders.set(file, folder);
  return folder;
}

/** Runs a block as a program of its own, in the folder of its document. */
async function run({ code, file }: Pick<Block, 'code' | 'file'>): Promise<string> {
  const folder = folderOf(file);
  const program = path.join(folder, 'block.js');
  fs.writeFileSync(program, toProgram(code));
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    cwd: folder,
    env: { ...process.env, NODE_PATH: path.join(ROOT, 'node_modules') },
    timeout: A_BLOCK,
  });
  return stdout;
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
  const blocks = documents().flatMap((file) => blocksOf(file, textOf(file)));

  it('is in the README, and in guides', () => {
    const files = blocks.map(({ file }) => file);
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'docs/extending.md', 'lib/compress/README.md']),
    );
  });

  it.each(blocks)('runs: $file, line $line', async (block) => void (await run(block)), A_BLOCK);
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
    expect(await run({ code, file: 'x.md' })).toMatch(/^2 true$/m);
  });

  it('fails where a block throws, or names something that is not there', async () => {
    const runs = (code: string) => run({ code, file: 'x.md' });
    await expect(runs(`throw new Error('broken');`)).rejects.toThrow('broken');
    await expect(runs(`import { nothing } from './nothing';\nnothing();`)).rejects.toThrow('nothing');
  });

  it('lets a block read what an earlier one of its document wrote, and no other', async () => {
    const write = `import fs from 'node:fs';\nfs.writeFileSync('written', '');`;
    const list = `import fs from 'node:fs';\nconsole.log(fs.readdirSync('.').join());`;
    await run({ code: write, file: 'x.md' });
    expect(await run({ code: list, file: 'x.md' })).toContain('written');
    expect(await run({ code: list, file: 'y.md' })).not.toContain('written');
  });
});
