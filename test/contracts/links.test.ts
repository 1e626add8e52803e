import * as fs from 'node:fs';
import * as path from 'node:path';
import { documents, proseOf, ROOT, textOf } from './documents';

/** What links and pictures of a Markdown text point to. */
const targetsOf = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);

const isElsewhere = (target: string): boolean => /^[a-z]+:/.test(target);

/** The anchors of a Markdown text's headings, as GitHub makes them. */
const anchorsOf = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Why a link of a document leads nowhere; undefined where it leads somewhere. */
function problemOf(document: string, target: string): string | undefined {
  const [file = '', anchor] = target.split('#');
  const found = file === '' ? document : path.join(path.dirname(document), file);
  if (!fs.existsSync(path.join(ROOT, found))) return `no file ${found}`;
  if (anchor !== undefined && !anchorsOf(textOf(found)).includes(anchor)) return `no #${anchor} in ${found}`;
  return undefined;
}

/** Files and folders of the repository that a text names in code. */
const pathsOf = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/`((?:lib|datasets|trainers|experiments|bench|test)\/[\w./-]+)`/g)].map(
    (match) => match[1]!,
  );

describe.each(documents())('%s', (document) => {
  const text = textOf(document);

  it('links to what is there', () => {
    const own = targetsOf(text).filter((target) => !isElsewhere(target));
    expect(own.flatMap((target) => problemOf(document, target) ?? [])).toEqual([]);
  });

  it('names files that are there', () => {
    expect(pathsOf(text).filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});

describe('the check itself', () => {
  it('finds targets and paths, but for those in blocks', () => {
    const markdown = 'A [b](c.md#d) ![e](f.svg) `lib/g.ts`\n\n```ts\n[h](i.md) `lib/j.ts`\n```\n';
    expect(targetsOf(markdown)).toEqual(['c.md#d', 'f.svg']);
    expect(pathsOf(markdown)).toEqual(['lib/g.ts']);
  });

  it('makes anchors as GitHub does', () => {
    expect(anchorsOf('# In one line\n\n## Repair: the same `x`, easier')).toEqual([
      'in-one-line',
      'repair-the-same-x-easier',
    ]);
  });

  it('tells of files and headings that are not there', () => {
    expect(problemOf('docs/scripts.md', 'nowhere.md')).toBe('no file docs/nowhere.md');
    expect(problemOf('README.md', 'docs/scripts.md#nowhere')).toBe('no #nowhere in docs/scripts.md');
    expect(problemOf('docs/scripts.md', '../README.md#scripts')).toBeUndefined();
  });
});
