import * as fs from 'node:fs';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '../..');

/** Folders that have guides. */
const FOLDERS = ['docs', 'lib', 'datasets', 'trainers', 'experiments'];
/** What typedoc writes. */
const WRITTEN = 'docs/api/';

/** All that is written for people to read, by its path. */
export function documents(): string[] {
  const guides = FOLDERS.flatMap((folder) => {
    const names = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
  });
  return ['README.md', 'CONTRIBUTING.md', ...guides.filter((guide) => !guide.startsWith(WRITTEN))];
}

/** A document's Markdown. */
export const textOf = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** A document without its fenced blocks. */
export const proseOf = (markdown: string): string => markdown.replace(/^( *)```.*?^\1```$/gms, '');
