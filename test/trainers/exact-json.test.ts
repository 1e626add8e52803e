import { parseExact, stringifyExact } from '../../trainers/exact-json';

it.each([
  NaN,
  Infinity,
  -Infinity,
  -0,
  0.1 + 0.2,
  Number.MIN_VALUE,
  [1, [NaN, { a: -0 }]],
  { number: 'NaN-ish' },
  { number: 1 },
  null,
  'NaN',
])('keeps %p', (value) => {
  expect(parseExact(stringifyExact(value))).toEqual(value); // toEqual tells 0 from -0
});
