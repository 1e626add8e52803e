import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../lib/core/errors';
import { isRunFolder } from './run-config';

/** Who has the models of the Hub that were once called by a name alone. */
const OWNERS: Readonly<Record<string, string>> = {
  bert: 'google-bert',
  distilbert: 'distilbert',
  distilroberta: 'distilbert',
  roberta: 'FacebookAI',
  electra: 'google',
};

/**
 * Expects the folder of a model where one is read from.
 *
 * @throws UserError for a folder that is not there, with the name on the Hub that may have been meant; and for that of a run, with its model's.
 */
export function expectModelFolder(folder: string, option: string): void {
  if (!fs.existsSync(folder)) throw absent(folder, option);
  if (!isRunFolder(folder)) return;
  const model = path.join(folder, 'model');
  throw new UserError(
    `Expected \`${option}\` to be the folder of a model, got the run ${folder}` +
      (fs.existsSync(model)
        ? `; its model is ${model}.`
        : ', which has no model yet; finish it, or name another one.'),
  );
}

function absent(folder: string, option: string): UserError {
  const name = path.relative('', folder);
  const owner = OWNERS[name.split('-')[0]!];
  const full = owner === undefined ? `owner/${name}` : `${owner}/${name}`;
  const hint =
    /^[\w.-]+$/.test(name) && !name.startsWith('.')
      ? `on the Hub its name would be ${full}`
      : 'check the path';
  return new UserError(
    `Expected \`${option}\` to be a folder or owner/name of the Hugging Face Hub, got ${name}: there is no such folder; ${hint}.`,
  );
}
