import { Command } from 'commander';
import {
  PRUNING_DEFAULTS,
  pruningMethod,
  pruningOptions,
  PruningScriptOptions,
  scoringOf,
} from '../../experiments/pruning-methods';

const methodOf = (options: Partial<PruningScriptOptions>) => {
  const { saliency, pattern, distribution, schedule } = pruningMethod({
    ...PRUNING_DEFAULTS,
    sparsity: [0.5],
    seed: 3,
    ...options,
  });
  const made = schedule!({ finalSparsity: 0.5, begin: 0.1, end: 0.7, frequency: 5 });
  return [saliency, pattern, distribution, made].map((each) => each?.config);
};

test('the defaults are those of the recipe', () => {
  expect(methodOf({}).map((config) => config!.name)).toEqual([
    ...['magnitude', 'unstructured', 'globalDistribution', 'polynomialDecay'],
  ]);
});

test.each<[Partial<PruningScriptOptions>, object]>([
  [{ saliency: 'random' }, { name: 'randomSaliency', options: { seed: 3 } }],
  [{ saliency: 'block-fisher' }, { name: 'blockFisher', options: { blockSize: 16, damping: 0.01 } }],
  [{ pattern: '2:4' }, { name: 'nOfM', options: { keep: 2, of: 4 } }],
  [{ pattern: 'blocks' }, { name: 'blocks', options: { rows: 4, columns: 1 } }],
  [
    { pattern: 'blocks', block: { rows: 2, columns: 8 } },
    { name: 'blocks', options: { rows: 2, columns: 8 } },
  ],
  [{ distribution: 'erdos-renyi' }, { name: 'erdosRenyi', options: {} }],
  [
    { distribution: 'uniform', keep: 0.1 },
    {
      name: 'keepAtLeast',
      options: { distribution: { name: 'uniformDistribution', options: {} }, units: 1, fraction: 0.1 },
    },
  ],
  [
    { schedule: 'one-shot' },
    { name: 'constantSparsity', options: { finalSparsity: 0.5, frequency: 100, begin: 0.1, end: 0.1 } },
  ],
  [
    { schedule: 'cosine' },
    {
      name: 'cosineDecay',
      options: { initialSparsity: 0, finalSparsity: 0.5, frequency: 5, begin: 0.1, end: 0.7 },
    },
  ],
])('%j', (options, expected) => {
  expect(methodOf(options)).toContainEqual(expected);
});

test('those that need a pass of their own have one, of no more batches than there are', () => {
  const scoring = (options: Partial<PruningScriptOptions>) =>
    scoringOf({ ...PRUNING_DEFAULTS, ...options }, 5);
  expect(scoring({})).toBeUndefined();
  expect(scoring({ saliency: 'taylor' })).toBeUndefined();
  expect(scoring({ saliency: 'taylor', scoringBatches: 2 })).toEqual({ batches: 2 });
  expect(scoring({ saliency: 'wanda' })).toEqual({ batches: 5 });
  expect(() => scoring({ saliency: 'wanda', scoringBatches: 6 })).toThrow('at most 5, which are');
});

test.each<[Partial<PruningScriptOptions>, string]>([
  [{ pattern: '2:4', sparsity: [0.5, 0.8] }, 'a sparsity of at most 0.5'],
  [{ pattern: '2:4', distribution: 'erdos-renyi-kernel' }, 'Expected --distribution global or uniform'],
  [{ block: { rows: 1, columns: 4 } }, 'Expected --pattern blocks with --block, got unstructured'],
  [{ saliency: 'snip' }, 'Expected --schedule one-shot with --saliency snip'],
  [{ scoringBatches: 3 }, 'got magnitude; leave --scoring-batches out'],
])('%j are refused', (options, message) => {
  expect(() => methodOf(options)).toThrow(message);
});

test.each([
  [['--saliency', 'size'], 'Allowed choices are magnitude, random'],
  [['--pattern', '4:2'], 'Allowed choices are unstructured, 2:4'],
  [['--block', '0x4'], 'Expected rows x columns, such as 4x1'],
  [['--keep', '2'], 'Expected a share from 0 to 1'],
  [['--sparsity', '80'], 'Expected a fraction above 0 and below 1'],
  [['--rules', 'a.json', '--sparsity', '0.5'], 'cannot be used with option'],
  [['--rules', 'a.json', '--distribution', 'uniform'], 'cannot be used with option'],
  [['--keep', '0.1', '--rules', 'a.json'], 'cannot be used with option'],
])('%j is refused', (argv, message) => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  pruningOptions().forEach((option) => command.addOption(option));
  expect(() => command.parse(argv, { from: 'user' })).toThrow(message);
});
