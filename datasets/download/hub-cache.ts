import * as fs from 'node:fs';
import * as path from 'node:path';
import { getHFHubCachePath, getRepoFolderName } from '@huggingface/hub';
import { writeAtomically, writeFileAtomically } from '../../lib/core/atomic-file';
import { makeFolder } from '../../lib/core/make-folder';
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
  name(digest: string, commit: string, file: string): void;
  /** The commit that a revision was when it was last downloaded. */
  commitOf(revision: string): string | undefined;
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
    name: (digest, commit, file) => link(blob(digest), path.join(snapshot(commit), file)),
    commitOf(revision) {
      if (isCommit(revision)) return revision;
      return fs.existsSync(ref(revision)) ? fs.readFileSync(ref(revision), 'utf8').trim() : undefined;
    },
    remember(revision, commit) {
      if (!isCommit(revision)) writeFileAtomically(ref(revision), commit);
    },
  };
}

/** A relative link, so that the cache may be moved; a copy where the system has no links for us. */
function link(blob: string, file: string): void {
  if (fs.existsSync(file)) return;
  makeFolder(path.dirname(file));
  fs.rmSync(file, { force: true }); // a link to nothing
  try {
    fs.symlinkSync(path.relative(path.dirname(file), blob), file);
  } catch {
    writeAtomically(file, (part) => fs.copyFileSync(blob, part));
  }
}
