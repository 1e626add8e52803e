import { expectShortCommandLine } from '../../lib/compile/command-line';

it('a command line of which onnxruntime dies is refused', () => {
  expectShortCommandLine();
  expectShortCommandLine(['node', 'x'.repeat(27_994)]); // with an end after each
  expect(() => expectShortCommandLine(['node', 'x'.repeat(27_995)])).toThrow(
    /^Expected a command line of at most 28000 bytes, .* got 28001: read /,
  );
  expect(() => expectShortCommandLine(Array<string>(10_000).fill('日'))).toThrow('got 40000');
});
