import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { DownloadOptions, downloadFile } from './file';
import { HubFile, hubOf } from './hub';
import { cachedModel, CachedModel } from './hub-cache';
import { HubName, isCommit } from './hub-name';
import { INDEX, missingFiles, MODEL_FILES, neededFiles, shardsOf } from './model-files';

/** Options of {@link downloadModel}. */
export interface DownloadModelOptions extends Omit<DownloadOptions, 'headers' | 'label'> {
  /** Use what is in the cache and nothing else; true where `HF_HUB_OFFLINE` is set, by default. */
  readonly offline?: boolean;
}

/** A model in the cache. */
export interface DownloadedModel {
  /** A Hugging Face folder: links to the files. */
  readonly folder: string;
  /** What the revision is now, 40 hexadecimal digits. */
  readonly commit: string;
}

/**
 * Puts the files of a model that are needed (config, safetensors weights, tokenizer) into the cache that Python's
 * `huggingface_hub` shares, unless they are there. `@huggingface/hub` knows what they are; their bytes come through
 * `downloadFile`, because the library neither resumes nor verifies.
 *
 * @throws UserError if there is no such model, it has no safetensors weights, the Hub cannot be reached, or, offline, what is
 *   missing and where it was looked for.
 *
 * @example const { folder } = await downloadModel({ name: 'google/bert_uncased_L-2_H-128_A-2', revision: 'main' });
 */
export async function downloadModel(
  model: HubName,
  options: DownloadModelOptions = {},
): Promise<DownloadedModel> {
  const { name, revision } = model;
  const cached = cachedModel(name);
  const found = (commit: string) => ({ folder: cached.snapshot(commit), commit });
  if (options.offline ?? isOffline()) return found(cachedCommit(model, cached));
  if (isCommit(revision) && missingFiles(cached.snapshot(revision)).length === 0) return found(revision);

  const hub = hubOf(model, options);
  const commit = await hub.commit();
  const files = await hub.files(commit, MODEL_FILES);
  const needed = neededFiles(fullName(model), new Set(files.map((file) => file.name)));
  const fetchFile = async ({ name: file, content }: HubFile) => {
    const more = { headers: hub.headers, label: `${name}/${file}` };
    await downloadFile(hub.url(commit, file), cached.blob(content.digest), content, { ...options, ...more });
    cached.name(content.digest, commit, file);
  };
  for (const file of files.filter((file) => needed.includes(file.name))) await fetchFile(file);
  if (needed.includes(INDEX)) {
    const shards = shardsOf(path.join(cached.snapshot(commit), INDEX));
    for (const file of await hub.files(commit, shards)) await fetchFile(file);
  }
  expectComplete(model, cached.snapshot(commit), 'the Hub has no such file');
  cached.remember(revision, commit);
  return found(commit);
}

/** Whether `HF_HUB_OFFLINE` is set, as Python reads it. */
function isOffline(): boolean {
  return /^(1|on|yes|true)$/i.test(process.env['HF_HUB_OFFLINE'] ?? '');
}

/** The commit of a model that is all there, found without the network. */
function cachedCommit(model: HubName, cached: CachedModel): string {
  const commit = cached.commitOf(model.revision);
  if (commit === undefined) {
    throw new UserError(
      `Expected ${fullName(model)} in the cache, being offline, but ${cached.folder} has no ${model.revision}; ${GO_ONLINE}.`,
    );
  }
  expectComplete(model, cached.snapshot(commit), `being offline; ${GO_ONLINE}`);
  return commit;
}

const GO_ONLINE = 'run it once without --offline or HF_HUB_OFFLINE, or set HF_HUB_CACHE to where it is';

function expectComplete(model: HubName, folder: string, advice: string): void {
  const missing = missingFiles(folder);
  if (missing.length === 0) return;
  throw new UserError(
    `Expected all of ${fullName(model)} in ${folder}, but ${missing.join(', ')} is missing: ${advice}.`,
  );
}

const fullName = ({ name, revision }: HubName) => (revision === 'main' ? name : `${name}@${revision}`);
