import { Command } from 'commander';
import { METHODS, qatMethods, qatOptions } from '../../experiments/qat-methods';
import type { Scheme } from '../../lib/compress/scheme';
import { describeSpec, isHalf } from '../../lib/quantization/spec';

const described = (method: (typeof METHODS)[number], bits?: '8' | '7' | '4' | '2') => {
  const [only] = qatMethods({ method: [method], bits: bits && [bits] });
  const { weight, input, range } = only!.rules as Scheme;
  if (!weight || isHalf(weight)) throw new Error('Expected integers.');
  return [describeSpec(weight), input !== undefined, range];
};

test.each([
  ['qat', undefined, '7 bits, perChannel()', true, undefined],
  ['qat', '8', '8 bits, perChannel()', true, undefined],
  ['qat', '4', '4 bits, perChannelGroup(32)', false, undefined],
  ['lsq', '7', '7 bits, perChannel()', true, 'learned'],
  ['lsq', '2', '2 bits, perChannelGroup(32)', false, 'learned'],
  ['pact', '4', '4 bits, perChannelGroup(32)', true, undefined],
  ['ternary', undefined, 'ternary, perChannelGroup(128)', false, undefined],
  ['ternary', '2', 'ternary, perChannelGroup(128)', false, undefined],
] as const)('--method %s --bits %s', (method, bits, ...expected) => {
  expect(described(method, bits)).toEqual(expected);
});

test('ternary weights of other bits are refused', () => {
  expect(() => qatMethods({ method: ['qat', 'ternary'], bits: ['7'] })).toThrow(
    'Expected --bits 2 with --method ternary, got 7; leave --bits out.',
  );
});

test('every method has a row for each of several widths', () => {
  const names = (bits?: ('7' | '4')[]) =>
    qatMethods({ method: ['qat', 'lsq'], bits }).map(({ name }) => name);
  expect(names()).toEqual(['qat', 'lsq']);
  expect(names(['4'])).toEqual(['qat', 'lsq']);
  expect(names(['7', '4'])).toEqual(['qat-7', 'qat-4', 'lsq-7', 'lsq-4']);
});

test.each([
  [['--delay', '0.8'], 'Expected a share from 0 to below 0.8'],
  [['--delay', '-0.1'], 'Expected a share from 0 to below 0.8'],
  [['--delay', ''], 'Expected a share from 0 to below 0.8'],
  [['--bits', '4', '4'], 'Expected each once, got 4 twice'],
  [['--bits', '3'], 'Allowed choices are 8, 7, 4, 2'],
  [['--method', 'ptq'], 'Allowed choices are qat, lsq, pact, ternary'],
])('%j is refused', (argv, message) => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  qatOptions().forEach((option) => command.addOption(option));
  expect(() => command.parse(argv, { from: 'user' })).toThrow(message);
});
