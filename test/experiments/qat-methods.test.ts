import { Command } from 'commander';
import { METHODS, qatOptions, schemeOf } from '../../experiments/qat-methods';
import { describeSpec, isHalf } from '../../lib/quantization/spec';

const described = (method: (typeof METHODS)[number], bits?: '8' | '7' | '4' | '2') => {
  const { weight, input, range } = schemeOf({ method, bits });
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
  expect(() => schemeOf({ method: 'ternary', bits: '7' })).toThrow(
    'Expected --bits 2 with --method ternary, got 7; leave --bits out.',
  );
});

test.each([
  [['--delay', '0.8'], 'Expected a share from 0 to below 0.8'],
  [['--delay', '-0.1'], 'Expected a share from 0 to below 0.8'],
  [['--delay', ''], 'Expected a share from 0 to below 0.8'],
  [['--bits', '3'], 'Allowed choices are 8, 7, 4, 2'],
  [['--method', 'ptq'], 'Allowed choices are qat, lsq, pact, ternary'],
])('%j is refused', (argv, message) => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  qatOptions().forEach((option) => command.addOption(option));
  expect(() => command.parse(argv, { from: 'user' })).toThrow(message);
});
