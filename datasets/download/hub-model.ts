import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { DownloadOptions, downloadFile } from './file';
import { HubFile, hubOf } from './hub';
import { cachedModel, CachedModel } from './hub-cache';
import { HubName, hubName, isCommit } from './hub-name';
import { INDEX, missingFiles, MODEL_FILES, NEEDED_FILES, neededFiles, shardsOf } from './model-files';

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
 * `huggingface_hub` shares, unless they are there, and whole: damaged ones are downloaded again. `@huggingface/hub` knows what they are; their bytes come through
 * `downloadFile`, because the library neither resumes nor verifies.
 *
 * @param fullName `owner/name`, of the branch `main`, or `owner/name@revision`, of another branch, a tag or a commit.
 * @throws UserError if there is no such model, it has no safetensors weights, the Hub cannot be reached, or, offline, what is
 *   missing or damaged, and where it was looked for.
 *
 * @example const { folder } = await downloadModel('google/bert_uncased_L-2_H-128_A-2'); // then loadHuggingFace(folder)
 */
export async function downloadModel(
  fullName: string,
  options: DownloadModelOptions = {},
): Promise<DownloadedModel> {
  const model = nameOf(fullName);
  const { name, revision } = model;
  const cached = cachedModel(name);
  const found = (commit: string) => ({ folder: cached.snapshot(commit), commit });
  if (options.offline ?? isOffline()) return found(await cachedCommit(model, cached));
  if (isCommit(revision) && (await isWhole(revision, cached))) return found(revision);

  cached.expectPlace(revision);
  const hub = hubOf(model, options);
  const commit = await hub.commit();
  const files = await hub.files(commit, MODEL_FILES);
  const needed = neededFiles(fullName, new Set(files.map((file) => file.name)));
  const fetchFile = async ({ name: file, content }: HubFile) => {
    const more = { headers: hub.headers, label: `${name}/${file}` };
    await downloadFile(hub.url(commit, file), cached.blob(content.digest), content, { ...options, ...more });
    await cached.name(content, commit, file);
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

function nameOf(text: string): HubName {
  const model = hubName(text);
  if (model) return model;
  throw new UserError(
    `Expected owner/name or owner/name@revision of a model of the Hugging Face Hub, got ${text}.`,
  );
}

/** Whether `HF_HUB_OFFLINE` is set, as Python reads it. */
function isOffline(): boolean {
  return /^(1|on|yes|true)$/i.test(process.env['HF_HUB_OFFLINE'] ?? '');
}

/** The commit of a model that is all there, found without the network. */
async function cachedCommit(model: HubName, cached: CachedModel): Promise<string> {
  const commit = cached.commitOf(model.revision);
  if (commit === undefined) {
    throw new UserError(
      `Expected ${shown(model)} in the cache, being offline, but ${cached.folder} has no ${model.revision}; ${GO_ONLINE}.`,
    );
  }
  expectComplete(model, cached.snapshot(commit), `being offline; ${GO_ONLINE}`);
  const damaged = await cached.damaged(commit, isRead);
  if (damaged.length === 0) return commit;
  throw new UserError(
    `Expected ${shown(model)} in ${cached.snapshot(commit)} as it was published, but ${damaged.join(', ')} has other bytes; run it once ` +
      'without `offline` or HF_HUB_OFFLINE, which downloads it again.',
  );
}

const isWhole = async (commit: string, cached: CachedModel): Promise<boolean> =>
  missingFiles(cached.snapshot(commit)).length === 0 && (await cached.damaged(commit, isRead)).length === 0;

/** Whether we read a file of this name: of others it is nobody's business here whether they are whole. */
const isRead = (file: string): boolean => NEEDED_FILES.includes(file) || file.endsWith('.safetensors');

const GO_ONLINE = 'run it once without `offline` or HF_HUB_OFFLINE, or set HF_HUB_CACHE to where it is';

function expectComplete(model: HubName, folder: string, advice: string): void {
  const missing = missingFiles(folder);
  if (missing.length === 0) return;
  throw new UserError(
    `Expected all of ${shown(model)} in ${folder}, but ${missing.join(', ')} is missing: ${advice}.`,
  );
}

const shown = ({ name, revision }: HubName) => (revision === 'main' ? name : `${name}@${revision}`);
