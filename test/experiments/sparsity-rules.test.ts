import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readRules, sparsityOfFile } from '../../experiments/sparsity-rules';
import { mlp } from '../../lib/models/mlp';
import { unstructured } from '../../lib/pruning/pattern';
import { nOfM } from '../../lib/pruning/patterns/n-of-m';
import { outputChannels } from '../../lib/pruning/patterns/output-channels';

let file: string;
beforeEach(() => (file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'sparsity-rules-')), 'rules.json')));
afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }));

const write = (content: unknown) =>
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));

const RULES = [
  { match: 'hidden/*', sparsity: 0.5 },
  { match: 'hidden/0', sparsity: 0 },
];

test('rules are read as they are written, and come to the sparsity of a pattern’s units', () => {
  write(RULES);
  expect(readRules(file)).toEqual(RULES);
  const model = mlp({ inputSize: 4, hiddenSizes: [12, 4], outputSize: 2 }); // [4, 12] and [12, 4]
  expect(sparsityOfFile(file, model, unstructured)).toBe(24 / 96);
  expect(sparsityOfFile(file, model, outputChannels)).toBe(2 / 16);
  model.dispose();
});

test.each<[string, unknown, RegExp]>([
  [
    'no JSON',
    '[{"match": "a", "sparsity": NaN}]',
    /^Expected rules as JSON in .*rules\.json, but it is none: .*\.$/,
  ],
  ['an empty file', '', /but it is none/],
  [
    'an object',
    { match: 'a', sparsity: 0.5 },
    /^Expected a list of \{ "match", "sparsity" \} in .*, got an object\.$/,
  ],
  ['a number', 0.5, /got 0\.5\.$/],
  ['nothing', null, /got null\.$/],
  ['no rules', [], /^Expected rules of at least one sparsity above 0 in .*rules\.json, got none\.$/],
  ['rules that prune nothing', [{ match: 'a', sparsity: 0 }], /at least one sparsity above 0/],
  [
    'a sparsity of 1',
    [
      { match: 'a', sparsity: 0.5 },
      { match: 'b', sparsity: 1 },
    ],
    /^Expected \{ .* as rule 2 of .*rules\.json, got \{"match":"b","sparsity":1\}\.$/,
  ],
  ['one below 0', [{ match: 'a', sparsity: -0.1 }], /as rule 1 of/],
  ['what JSON makes of NaN', [{ match: 'a', sparsity: null }], /got \{"match":"a","sparsity":null\}/],
  ['a sparsity in words', [{ match: 'a', sparsity: '0.5' }], /as rule 1 of/],
  ['no path', [{ sparsity: 0.5 }], /as rule 1 of/],
  ['more than a rule', [{ match: 'a', sparsity: 0.5, pattern: '2:4' }], /as rule 1 of/],
  ['a list', [['a', 0.5]], /as rule 1 of/],
  ['no rule', [null], /as rule 1 of .*, got null\.$/],
])('%s is refused, with the file', (_, content, message) => {
  write(content);
  expect(() => readRules(file)).toThrow(message);
});

test('a file that is not there, rules that match nothing, and what a pattern cannot prune are refused', () => {
  expect(() => readRules(file)).toThrow(/^Expected rules at .*rules\.json, found no such file\.$/);
  const model = mlp({ inputSize: 4, hiddenSizes: [12, 4], outputSize: 2 });
  write([...RULES, { match: 'encoder/*', sparsity: 0.5 }]);
  expect(() => sparsityOfFile(file, model, unstructured)).toThrow(
    /^In rule 3 of .*rules\.json: Expected the rule "encoder\/\*" to match a layer, .* the nearest are hidden\/\d, hidden\/\d\.$/,
  );
  write([{ match: 'output', sparsity: 0.5 }]); // the classifier is no target
  expect(() => sparsityOfFile(file, model, unstructured)).toThrow('matches none of 2');
  write([
    { match: '**', sparsity: 0.2 },
    { match: 'hidden/0', sparsity: 0.6 },
  ]);
  expect(() => sparsityOfFile(file, model, nOfM({ keep: 2, of: 4 }))).toThrow(
    /^In rule 2 of .*: Expected a sparsity of at most 0\.5/,
  );
  model.dispose();
});
