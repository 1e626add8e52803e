import { tableDataset, TableOptions } from '../../../datasets/table/table-dataset';
import { lines, tagged, temporaryFiles } from './files';
import { expectRefusal } from './refusal';

const files = temporaryFiles();
afterAll(() => files.remove());

const tags = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));

describe('mistakes are told in one sentence with file, line and column', () => {
  const two = { labelColumn: ['toxic', 'insult'] };
  const table = (...rows: string[]) => ['text,toxic,insult', ...rows].join('\n');
  it.each<[string, string, string, TableOptions, string]>([
    [
      'a 2',
      'a.csv',
      table('a,1,0', 'b,0,2'),
      two,
      'a.csv:3: expected 0 or 1 (or no, yes, false, true) as "insult", got "2"',
    ],
    [
      'NaN',
      'a.csv',
      table('a,NaN,0'),
      two,
      'a.csv:2: expected 0 or 1 (or no, yes, false, true) as "toxic", got "NaN"',
    ],
    ['a half', 'a.csv', table('a,0,0.5'), two, 'as "insult", got "0.5"'],
    [
      'an empty cell',
      'a.csv',
      table('a,1,', 'b,0,1'),
      two,
      'a.csv:2: expected a label as "insult", got an empty cell',
    ],
    [
      '0 everywhere',
      'a.csv',
      table('a,0,0', 'b,0,0'),
      two,
      'a.csv:2: expected 1 in some rows and 0 in others as toxic, insult, but all rows from here on have 0',
    ],
    ['1 everywhere', 'a.csv', table('a,1,1'), two, 'all rows from here on have 1'],
    [
      'no columns',
      'a.csv',
      table('a,1,0'),
      { labelColumn: [] },
      'a.csv:1: expected one label column at least, got an empty list; there are "text", "toxic", "insult"',
    ],
    [
      'a misspelt column',
      'a.csv',
      table('a,1,0'),
      { labelColumn: ['toxic', 'inslut'] },
      'a.csv:1: expected one column called inslut (`labelColumn`), got none among "text", "toxic", "insult"; the nearest is "insult"',
    ],
    [
      'a column twice',
      'a.csv',
      table('a,1,0'),
      { labelColumn: ['toxic', 'Toxic'] },
      'a.csv:1: expected different columns, got "toxic", "toxic"',
    ],
    [
      'the text as a label',
      'a.csv',
      table('a,1,0'),
      { labelColumn: ['toxic', 'text'], textColumn: 'text' },
      'expected different columns',
    ],
    [
      'a list in one of several columns',
      'a.jsonl',
      lines({ text: 'a', toxic: 1, insult: [1] }),
      two,
      'a.jsonl:1: expected one value as "insult", got a list',
    ],
    [
      'a name without its list',
      'a.jsonl',
      tagged(['x'], 'y'),
      {},
      'a.jsonl:2: expected a list as "labels", as other rows have, got "y"',
    ],
    [
      'a list after a name',
      'a.jsonl',
      tagged('y', ['x']),
      {},
      'a.jsonl:2: expected one label as "labels", as other rows have, got a list',
    ],
    [
      'a list of lists',
      'a.jsonl',
      tagged([['x']]),
      {},
      'a.jsonl:1: expected a label as "labels", found none',
    ],
    [
      'a list with a hole',
      'a.jsonl',
      tagged(['x', null]),
      {},
      'a.jsonl:1: expected a label as "labels", found none',
    ],
    [
      'a label twice',
      'a.jsonl',
      tagged([], ['x', 'x']),
      {},
      'a.jsonl:2: expected each label once as "labels", got "x" twice',
    ],
    [
      'an empty name',
      'a.jsonl',
      tagged(['x', ' ']),
      {},
      'a.jsonl:1: expected names of labels as "labels", got an empty one',
    ],
    [
      'empty lists only',
      'a.jsonl',
      tagged([], []),
      {},
      'a.jsonl:1: expected labels in some rows as "labels", but all 2 rows from here on have an empty list',
    ],
    [
      'every label everywhere',
      'a.jsonl',
      tagged(['x', 'y'], ['y', 'x']),
      {},
      'a.jsonl:1: expected labels that some rows lack as "labels", but all 2 rows from here on have x, y',
    ],
    [
      'too many labels',
      'a.jsonl',
      tagged(tags(0, 5000), tags(5000, 10_001)),
      {},
      'a.jsonl:2: expected at most 10000 different labels as "labels"',
    ],
    [
      'lists of unequal length',
      'a.jsonl',
      tagged([1, 2], [3]),
      { regression: true },
      'a.jsonl:2: expected a list of 2 number(s) as "labels", as other rows have, got one of 1',
    ],
    [
      'an empty list of numbers',
      'a.jsonl',
      tagged([], []),
      { regression: true },
      'a.jsonl:1: expected a list of 1 number(s) as "labels", as other rows have, got one of 0',
    ],
    [
      'no number in a list',
      'a.jsonl',
      tagged([1, 'two']),
      { regression: true },
      'a.jsonl:1: expected a number as "labels_1", got "two"',
    ],
    [
      'a blank in a list',
      'a.jsonl',
      tagged([1, '']),
      { regression: true },
      'a.jsonl:1: expected a number as "labels_1", got ""',
    ],
    [
      'a number beyond float32',
      'a.csv',
      table('a,1,1e39'),
      { ...two, regression: true },
      'a.csv:2: expected a number as "insult", got "1e39"',
    ],
    [
      'one number',
      'a.csv',
      table('a,1,3', 'b,2,3'),
      { ...two, regression: true },
      'a.csv:2: expected different numbers as "insult", but all rows from here on have 3',
    ],
  ])('%s', async (_, name, content, options, message) => {
    const file = files.write(name, content);
    await expectRefusal(tableDataset(file, options), message);
  });

  it.each([
    [
      'a label that training lacks',
      [['b'], ['threat']],
      'dev.jsonl:2: expected labels that the training rows have (a, b) as "labels", got "threat"',
    ],
    [
      'one label where training has lists',
      ['a'],
      'dev.jsonl:1: expected a list as "labels", as other rows have, got "a"',
    ],
  ])('%s', async (_, lists, message) => {
    const file = files.write('train.jsonl', tagged(['a'], ['b']));
    const devFile = files.write('dev.jsonl', tagged(...lists));
    await expect(tableDataset(file, { devFile })).rejects.toThrow(message);
  });
});
