import { printable, printableLines, quoted } from '../../lib/core/printable';

describe('printable', () => {
  it.each([
    ['a plain text: ü 漢 👩‍👩‍👧', 'a plain text: ü 漢 👩‍👩‍👧'],
    ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['\u009b31m\u007f\r\n', '\\u009b31m\\u007f\\u000d\\u000a'],
    ['abc\u202egpj.exe\u2066', 'abc\\u202egpj.exe\\u2066'],
  ])('shows %j as %j', (text, shown) => expect(printable(text)).toBe(shown));

  it('leaves the lines of a longer text', () => {
    expect(printableLines('one\n\u001b[1mtwo\r\n')).toBe('one\n\\u001b[1mtwo\\u000d\n');
  });
});

describe('quoted', () => {
  it.each([
    ['gpt2', '"gpt2"'],
    [undefined, 'undefined'],
    [{ a: [1, null] }, '{"a":[1,null]}'],
    ['\u001b\u009b', '"\\u001b\\u009b"'],
  ])('shows %j as %s', (value, text) => expect(quoted(value)).toBe(text));

  it('has room for any value, however long or deep', () => {
    expect(quoted('x'.repeat(1e6))).toBe(`"${'x'.repeat(199)}…`);
    expect(quoted(JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)))).toMatch(/nested too deep/);
  });
});
