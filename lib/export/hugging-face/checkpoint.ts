import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { quoted } from '../../core/printable';
import { HostTensor } from '../../core/host-tensor';
import { readJson } from './config';
import { repeatedKey } from '../json-keys';
import { readSafetensors } from '../safetensors';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * Every tensor of a Hugging Face folder by its stored name: those of `model.safetensors`, or of the files that
 * `model.safetensors.index.json` lists.
 *
 * @throws UserError for files that are missing or damaged, an index that does not fit them, and for a folder that has PyTorch's
 *   `pytorch_model.bin` alone, with the way to convert it.
 */
export function readCheckpoint(folder: string): Map<string, HostTensor> {
  const has = (name: string): boolean => fs.existsSync(path.join(folder, name));
  if (!has(SINGLE) && has(INDEX)) return readShards(folder);
  if (!has(SINGLE)) refusePickle(folder);
  return readSafetensors(path.join(folder, SINGLE));
}

function readShards(folder: string): Map<string, HostTensor> {
  const index = path.join(folder, INDEX);
  const fileOf = weightMap(index);
  const tensors = new Map<string, HostTensor>();
  for (const file of new Set(fileOf.values())) {
    const shard = readSafetensors(path.join(folder, file));
    for (const [name, tensor] of shard) {
      const expected = fileOf.get(name);
      if (expected !== file) throw misplaced(index, name, file, expected);
      tensors.set(name, tensor);
    }
  }
  const absent = [...fileOf].find(([name]) => !tensors.has(name));
  if (absent) throw misplaced(index, absent[0], undefined, absent[1]);
  return tensors;
}

/** File by name of tensor. Only files of the index's own folder are read. */
function weightMap(index: string): Map<string, string> {
  const { weight_map: map } = readJson(index);
  const malformed = (problem: string): UserError =>
    new UserError(
      `Expected a weight_map from tensors to files beside it in ${index}, but ${problem}; download or save the model again.`,
    );
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw malformed('it has none');
  const repeated = repeatedKey(fs.readFileSync(index, 'utf8'));
  if (repeated !== undefined) throw malformed(`it has ${repeated} twice`);
  const files = Object.entries(map as Record<string, unknown>);
  for (const [name, file] of files) {
    if (typeof file === 'string' && /^[^/\\]+\.safetensors$/.test(file)) continue;
    throw malformed(`${quoted(name)} is in ${quoted(file)}`);
  }
  return new Map(files as [string, string][]);
}

function misplaced(index: string, name: string, found?: string, expected?: string): UserError {
  return new UserError(
    `Expected tensor ${quoted(name)} in ${expected ?? 'no file'} as ${index} says, but it is in ${found ?? 'none of the files'}; ` +
      'download or save the model again.',
  );
}

/** For the shell, in the folder of the model: every tensor, heads included, and without running what a pickle may hold. */
const CONVERT =
  `python -c "import glob, torch; from safetensors.torch import save_file; ` +
  `t = {k: v.contiguous().clone() for f in sorted(glob.glob('pytorch_model*.bin')) ` +
  `for k, v in torch.load(f, map_location='cpu', weights_only=True).items()}; ` +
  `save_file(t, 'model.safetensors', {'format': 'pt'})"`;

function refusePickle(folder: string): void {
  const pickle = ['pytorch_model.bin', 'pytorch_model.bin.index.json'].find((name) =>
    fs.existsSync(path.join(folder, name)),
  );
  if (pickle === undefined) return;
  throw new UserError(
    `Expected ${SINGLE} in ${folder}, got ${pickle}, a pickle, which is a program to be run; convert it, in that folder: ${CONVERT}`,
  );
}
