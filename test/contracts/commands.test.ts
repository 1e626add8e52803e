import * as fs from 'node:fs';
import * as path from 'node:path';
import { scriptFolder } from '../experiments/script-folder';
import { documents, ROOT, textOf } from './documents';

const MINUTE = 60_000;

/** A call of a script in a document. */
interface Call {
  readonly file: string;
  readonly folder: string;
  readonly script: string;
  readonly flags: readonly string[];
}

const CALL = /npx (?:ts-node (experiments|bench)\/([\w-]+)\.ts|whittle-tfjs ([a-z][\w-]*))([^\n`#&|]*)/g;
const FLAG = /(?<![\w-])--[a-z][a-z-]*/g;

/** The calls in a Markdown text, those in ```ts blocks and in sentences included. */
function callsOf(file: string, markdown: string): Call[] {
  return [...markdown.matchAll(CALL)].map(([, folder = 'experiments', inClone, inPackage, rest]) => ({
    ...{ file, folder },
    script: (inClone ?? inPackage)!,
    flags: rest!.match(FLAG) ?? [],
  }));
}

const { run } = scriptFolder('commands');

/** The flags of each script, as its help has them. */
const flags = new Map<string, readonly string[]>();
beforeAll(async () => {
  const { out } = await run('cli', ['--help']);
  const scripts = [...out.split('Commands:')[1]!.matchAll(/^ {2}([a-z][\w-]*) /gm)].map(([, name]) => name!);
  const helps = await Promise.all(scripts.map((script) => run(script, ['--help'])));
  scripts.forEach((script, i) => flags.set(script, helps[i]!.out.match(FLAG) ?? []));
}, MINUTE);

const documented = documents().map((file) => ({ file, text: textOf(file) }));
const calls = documented.flatMap(({ file, text }) => callsOf(file, text));

/** Flags in code, alone or after a script's name: `--rules <file>`. */
const flagsInCode = (markdown: string): string[] =>
  [...markdown.matchAll(/`(?:([\w-]+) )?(--[a-z][^`\n]*)`/g)]
    .filter(([, name]) => name === undefined || flags.has(name))
    .flatMap(([, , options]) => options!.match(FLAG) ?? []);

/** What is wrong with a call; undefined where nothing is. */
function problemOf({ file, folder, script, flags: used }: Call): string | undefined {
  const source = `${folder}/${script}.ts`;
  if (!fs.existsSync(path.join(ROOT, source))) return `${file}: no script ${source}`;
  const known = folder === 'bench' ? (textOf(source).match(FLAG) ?? []) : (flags.get(script) ?? []);
  const unknown = used.filter((flag) => !known.includes(flag));
  return unknown.length > 0 ? `${file}: ${script} has no ${unknown.join(', ')}` : undefined;
}

test('documents call scripts and flags that are there', () => {
  expect(calls.length).toBeGreaterThan(20);
  expect(calls.flatMap((call) => problemOf(call) ?? [])).toEqual([]);
});

test('flags in sentences are those of a script', () => {
  const known = new Set([...flags.values()].flat());
  const unknown = documented.flatMap(({ file, text }) =>
    flagsInCode(text)
      .filter((flag) => !known.has(flag))
      .map((flag) => `${file}: ${flag}`),
  );
  expect(unknown).toEqual([]);
});

test('npm run names scripts of the package', () => {
  const { scripts: own } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const named = documented.flatMap(({ text }) =>
    [...text.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1]!),
  );
  expect(named.filter((name) => !(name in own))).toEqual([]);
});

test('the guide of scripts has them all', () => {
  const rows = [...textOf('docs/scripts.md').matchAll(/^\| `([\w-]+)`/gm)].map((match) => match[1]);
  expect(rows.sort()).toEqual([...flags.keys()].sort());
});

describe('the check itself', () => {
  it('finds calls and their flags', () => {
    const markdown =
      'See `npx whittle-tfjs predict --model <run>/model "a"`:\n\n    npx ts-node bench/onnx.ts --runs 3 # --not\n';
    expect(callsOf('x.md', markdown)).toEqual([
      { file: 'x.md', folder: 'experiments', script: 'predict', flags: ['--model'] },
      { file: 'x.md', folder: 'bench', script: 'onnx', flags: ['--runs'] },
    ]);
    expect(flagsInCode('`--rules <file>`, `ptq-bert --bits 4`, not `other --this`')).toEqual([
      '--rules',
      '--bits',
    ]);
  });

  it('tells of scripts and flags that are not there', () => {
    const call = { file: 'x.md', folder: 'experiments', script: 'finetune', flags: ['--epochs'] };
    expect(problemOf(call)).toBeUndefined();
    expect(problemOf({ ...call, flags: ['--epoch'] })).toBe('x.md: finetune has no --epoch');
    expect(problemOf({ ...call, script: 'nowhere' })).toBe('x.md: no script experiments/nowhere.ts');
  });
});
