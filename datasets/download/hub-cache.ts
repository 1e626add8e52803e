import * as fs from 'node:fs';
import * as path from 'node:path';
import { getHFHubCachePath, getRepoFolderName } from '@huggingface/hub';
import { writeAtomically, writeFileAtomically } from '../../lib/core/atomic-file';
import { UserError } from '../../lib/core/errors';
import { makeFolder } from '../../lib/core/make-folder';
import { Content, holds, sizeOf } from './content';
import { isCommit } from './hub-name';

/**
 * A model in the cache that Python's `huggingface_hub` shares (`HF_HUB_CACHE`, else `hub` in `HF_HOME`, else
 * `~/.cache/huggingface/hub`): contents in `blobs` by their digest, names in `snapshots/<commit>`, and the commits of branches in `refs`.
 */
export interface CachedModel {
  readonly folder: string;
  /** The folder of a commit's files; it may not be there. */
  snapshot(commit: string): string;
  blob(digest: string): string;
  /** Gives a blob its name in a commit. */
  name(content: Content, commit: string, file: string): Promise<void>;
  /** Names of a commit's files, of those that are given, whose bytes are not those that their blobs are named by. */
  damaged(commit: string, isRead: (file: string) => boolean): Promise<string[]>;
  /** The commit that a revision was when it was last downloaded. */
  commitOf(revision: string): string | undefined;
  /** @throws UserError for a revision that cannot be noted beside those that are. */
  expectPlace(revision: string): void;
  remember(revision: string, commit: string): void;
}

export function cachedModel(name: string): CachedModel {
  const folder = path.resolve(getHFHubCachePath(), getRepoFolderName({ type: 'model', name }));
  const snapshot = (commit: string) => path.join(folder, 'snapshots', commit);
  const blob = (digest: string) => path.join(folder, 'blobs', digest);
  const ref = (revision: string) => path.join(folder, 'refs', revision);
  return {
    folder,
    snapshot,
    blob,
    name: (content, commit, file) => link(blob(content.digest), path.join(snapshot(commit), file), content),
    async damaged(commit, isRead) {
      const found: string[] = [];
      for (const file of fs.readdirSync(snapshot(commit)).filter(isRead)) {
        if (!(await isAsNamed(path.join(snapshot(commit), file)))) found.push(file);
      }
      return found;
    },
    commitOf(revision) {
      if (isCommit(revision)) return revision;
      const known = isFile(ref(revision)) ? fs.readFileSync(ref(revision), 'utf8').trim() : '';
      return isCommit(known) ? known : undefined;
    },
    expectPlace(revision) {
      const parts = revision.split('/');
      const above = parts.slice(1).map((_, i) => ref(path.join(...parts.slice(0, i + 1))));
      const taken = above.find(isFile) ?? (isFolder(ref(revision)) ? ref(revision) : undefined);
      if (isCommit(revision) || taken === undefined) return;
      throw new UserError(
        `Expected a revision that can stand beside those that are in the cache, got ${revision}, where ${taken} is in the way; remove that, ` +
          'if there is no such revision any more.',
      );
    },
    remember(revision, commit) {
      if (!isCommit(revision)) writeFileAtomically(ref(revision), commit);
    },
  };
}

const isFile = (name: string) => fs.statSync(name, { throwIfNoEntry: false })?.isFile() === true;
const isFolder = (name: string) => fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;

/** Whether a file is what its blob is named by; nobody knows of one that is a copy. */
async function isAsNamed(file: string): Promise<boolean> {
  const digest = path.basename(fs.realpathSync(file));
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest)) return true;
  return holds(file, { bytes: sizeOf(file), algorithm: digest.length === 64 ? 'sha256' : 'git', digest });
}

/** A relative link, so that the cache may be moved; a copy where the system has no links for us. */
async function link(blob: string, file: string, content: Content): Promise<void> {
  if (fs.existsSync(file)) {
    const isTheBlob = fs.realpathSync(file) === fs.realpathSync(blob);
    if (isTheBlob || (await holds(file, content))) return;
  }
  makeFolder(path.dirname(file));
  fs.rmSync(file, { force: true }); // a link to nothing, or a damaged copy
  try {
    fs.symlinkSync(path.relative(path.dirname(file), blob), file);
  } catch {
    writeAtomically(file, (part) => fs.copyFileSync(blob, part));
  }
}
