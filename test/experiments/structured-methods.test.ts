import { Command } from 'commander';
import {
  methodOptions,
  structuredMethods,
  StructuredMethodOptions,
} from '../../experiments/structured-methods';

const methodsOf = (options: StructuredMethodOptions) => structuredMethods(options, 1);

test('the default is that of the recipe', () => {
  expect(methodsOf({})).toEqual([{ name: 'structured' }]);
});

test.each<[StructuredMethodOptions, object]>([
  [
    { units: 'heads', method: ['gradient'] },
    { name: 'heads-gradient', importance: { config: { name: 'gradient', options: { units: 'heads' } } } },
  ],
  [{ method: ['magnitude'] }, { name: 'all-magnitude', apart: true }],
  [
    { units: 'neurons', method: ['magnitude'], perLayer: true },
    { name: 'neurons-magnitude', perLayer: true },
  ],
  [{ units: 'layers' }, { name: 'layers-change', layers: { config: { name: 'change' } } }],
  [{ budget: 'latency' }, { name: 'structured', latency: { threads: 1, runs: 10 } }],
  [
    { units: 'layers', budget: 'parameters' },
    { name: 'layers-change', costs: { config: { name: 'parameters' } } },
  ],
  [
    { units: 'heads', budget: 'latency' },
    { name: 'heads-fisher', latency: { threads: 1, runs: 10 } },
  ],
  [{ budget: 'parameters' }, { name: 'structured', costs: { config: { name: 'parameters' } } }],
])('%j', (options, expected) => {
  const found = methodsOf(options).map(({ importance, layers, costs, ...rest }) => ({
    ...rest,
    importance: { config: importance?.config },
    layers: { config: layers?.config },
    costs: { config: costs?.config },
  }));
  expect(found).toMatchObject([expected]);
});

test.each<[StructuredMethodOptions, string]>([
  [
    { units: 'layers', method: ['fisher'] },
    'Expected --method change, leave-out with --units layers, got fisher.',
  ],
  [{ method: ['attention-focus'] }, 'with --units all, got attention-focus'],
  [{ units: 'heads', method: ['fisher', 'activation'] }, 'with --units heads, got activation'],
  [{ units: 'layers', budget: 'latency' }, 'leave --budget out'],
  [{ units: 'layers', perLayer: true }, 'leave --per-layer out'],
])('%j are refused', (options, message) => {
  expect(() => methodsOf(options)).toThrow(message);
});

test.each([
  [['--units', 'rows'], 'Allowed choices are all, heads, neurons, layers'],
  [['--method', 'fisher', 'fisher'], 'Expected each once, got fisher twice'],
  [['--budget', 'time'], 'Allowed choices are multiply-adds, parameters, latency'],
])('%j is refused', (argv, message) => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  methodOptions().forEach((option) => command.addOption(option));
  expect(() => command.parse(argv, { from: 'user' })).toThrow(message);
});
