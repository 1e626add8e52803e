import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Command, Option } from 'commander';
import { isRecord } from '../lib/core/checks';
import { UserError } from '../lib/core/errors';
import { printable, quoted } from '../lib/core/printable';
import { nearest } from '../lib/core/nearest';
import { isRunConfig } from './run-config';

/** What follows from other options: the command line has no such values. */
const DERIVED: Readonly<Record<string, (options: Values) => boolean>> = {
  task: ({ task }) => task === 'data', // of --data and --text
  contents: () => true, // of the files
  distribution: ({ distribution }) => distribution === 'rules', // of --rules
};

type Values = Readonly<Record<string, unknown>>;

/**
 * Parses a command line whose `--config` names a file of options, a run's `config.json` or an object of its form of `options`, in JSON or,
 * where the name ends in `.yaml` or `.yml`, in YAML: they count as given where the command line has no such option. With a run's file its number of threads does, too.
 *
 * @param parse a command line, by a command of its own each time.
 * @throws UserError for a file that is missing or holds no object, and for options that the script does not have.
 */
export function parseWithFile(parse: (argv: readonly string[]) => Command, argv: readonly string[]): Command {
  const command = parse(argv);
  const file = command.opts<{ config?: string }>().config;
  if (file === undefined) return command;
  const flags = flagsOf(readValues(file), command, file);
  return parse([...flags, ...argv]);
}

function readValues(file: string): Values {
  const value = parseFile(file);
  if (isRunConfig(value)) return { ...value.options, threads: value.environment.threads };
  if (isRecord(value)) return value;
  throw new UserError(
    `Expected an object of options in ${file}, as in a run's config.json, got another value.`,
  );
}

function parseFile(file: string): unknown {
  if (!fs.existsSync(file))
    throw new UserError(`Expected a file of options with --config, found no ${file}.`);
  const isYaml = ['.yaml', '.yml'].includes(path.extname(file));
  const parse: (text: string) => unknown = isYaml ? parseYaml : JSON.parse;
  try {
    return parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    const [reason] = (error as Error).message.split('\n'); // YAML's goes on with the lines
    throw new UserError(
      `Expected ${isYaml ? 'YAML' : 'JSON'} in ${file}, got something else (${printable(reason!.replace(/:$/, ''))}).`,
      { cause: error },
    );
  }
}

/** The file's options as they would be given, but for those that the command line has. */
function flagsOf(values: Values, command: Command, file: string): string[] {
  const options = new Map(command.options.map((option) => [option.attributeName(), option]));
  return Object.entries(values).flatMap(([name, value]) => {
    if (DERIVED[name]?.(values)) return [];
    const option = options.get(name);
    if (!option) throw unknown(name, [...options.keys()], file);
    return command.getOptionValueSource(name) === 'cli' ? [] : flagOf(option, value, file);
  });
}

/** `--name=value`, which is read as it is, whatever the value begins with. */
function flagOf(option: Option, value: unknown, file: string): string[] {
  const { long } = option;
  if (option.isBoolean() && typeof value === 'boolean') return value ? [long!] : [];
  const several: unknown[] = option.variadic && Array.isArray(value) ? value : [value];
  if (!option.isBoolean() && several.every((one) => typeof one === 'string' || typeof one === 'number'))
    return several.map((one) => `${long!}=${one}`);
  const expected = option.isBoolean()
    ? 'true or false'
    : `a text or number${option.variadic ? ', or a list' : ''}`;
  throw new UserError(`Expected ${expected} for ${long} in ${file}, got ${quoted(value)}.`);
}

function unknown(name: string, names: readonly string[], file: string): UserError {
  const [likely] = nearest(name, names, 1);
  return new UserError(
    `Expected options of this script in ${file}, got "${name}"; the nearest is "${likely}".`,
  );
}
