import { ColumnOptions, findColumns } from '../../../datasets/table/columns';

const find = (columns: string, options: ColumnOptions = {}) =>
  findColumns(columns.split(' '), options, 'reviews.csv');

it.each<[string, ColumnOptions, ReturnType<typeof find>]>([
  ['label text', {}, { text: 1, label: 0 }],
  ['ID Review Sentiment', {}, { text: 1, label: 2 }],
  ['sentence class', {}, { text: 0, label: 1 }],
  ['words label', {}, { text: 0, label: 1 }], // all that is left
  ['text kind', {}, { text: 0, label: 1 }],
  ['words kind id', { textColumn: 'words', labelColumn: 'kind' }, { text: 0, label: 1 }],
  ['text label other', { labelColumn: 'other' }, { text: 0, label: 2 }],
  ['text content label', { textColumn: 'content' }, { text: 1, label: 2 }],
  ['text content label', { pairColumn: 'content' }, { text: 0, label: 2, pair: 1 }],
  ['label Label text', { labelColumn: 'Label' }, { text: 2, label: 1 }],
  ['a words b', { labelColumn: ['b', 'a'] }, { text: 1, label: [2, 0] }], // the text is all that is left
  ['label text other', { labelColumn: ['other'] }, { text: 1, label: [2] }],
  ['label Label text', { labelColumn: 'Label', textColumn: 'TEXT' }, { text: 2, label: 1 }],
])('finds the columns of "%s" with %j', (columns, options, found) => {
  expect(find(columns, options)).toEqual(found);
});

it.each<[string, ColumnOptions, string]>([
  ['text content label', {}, 'got "text", "content", "label"; give `textColumn`.'],
  ['text label class', {}, 'give `labelColumn`.'],
  ['a b', {}, 'give `textColumn` and `labelColumn`.'],
  ['text', {}, 'give `labelColumn` (the first line must name the columns).'],
  ['text label', { pairColumn: 'other' }, 'expected one column called other (`pairColumn`), got none among'],
  ['words toxic insult other', { labelColumn: ['toxic', 'insult'] }, 'give `textColumn`.'],
  [
    'text toxic',
    { labelColumn: ['toxi'] },
    'called toxi (`labelColumn`), got none among "text", "toxic"; the nearest is "toxic".',
  ],
  ['text text label', { textColumn: 'text' }, 'expected one column called text (`textColumn`), got 2 among'],
  ['text label', { textColumn: 'label', labelColumn: 'label' }, 'expected different columns'],
])('refuses "%s" with %j', (columns, options, message) => {
  expect(() => find(columns, options)).toThrow(`reviews.csv:1: `);
  expect(() => find(columns, options)).toThrow(message);
});
