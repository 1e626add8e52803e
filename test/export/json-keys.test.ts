import { repeatedKey } from '../../lib/export/json-keys';

describe('repeatedKey', () => {
  it.each([
    ['{}', undefined],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', undefined],
    ['{"a":"b","b":"a","c":["a","a"]}', undefined],
    ['{"a\\"":1,"a":{"}":"{\\\\"},"b":2}', undefined],
    ['{"a":1,"a":1}', '"a"'],
    ['{"b":{"a":1, "c":2, "\\u0061" :1}}', '"a"'],
    ['{"\\u001b\u009b":1,"\\u001b\u009b":2}', '"\\u001b\\u009b"'],
    ['{"a":{"x":1},"b":2,"a":3}', '"a"'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__"'],
  ])('finds in %s: %s', (json, key) => {
    expect(repeatedKey(json)).toBe(key);
  });
});
