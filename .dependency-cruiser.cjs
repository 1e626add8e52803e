// Who may import whom. Checked by `npm run lint`; types count as imports too.
const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: typeof to === 'string' ? { path: to } : to,
});

/** A folder of lib that may import only these others. */
const only = (folder, others) =>
  forbid(
    `${folder}-imports-only`,
    `lib/${folder} imports only ${others.join(', ') || 'itself'} of lib`,
    `^lib/${folder}/`,
    {
      path: '^lib/',
      pathNot: [folder, ...others].map((name) => `^lib/${name}/`),
    },
  );

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@tensorflow/tfjs-node' },
    },
    forbid(
      'lib-is-below',
      'lib <- datasets <- trainers <- experiments',
      '^lib/',
      '^(datasets|trainers|experiments|bench|test|index|(layers|plot)[.]ts)',
    ),
    forbid(
      'datasets-are-below',
      'lib <- datasets <- trainers <- experiments',
      '^datasets/',
      '^(trainers|experiments|bench|test|index|(layers|plot)[.]ts)',
    ),
    forbid(
      'trainers-are-below',
      'lib <- datasets <- trainers <- experiments',
      '^trainers/',
      '^(experiments|bench|test|index|(layers|plot)[.]ts)',
    ),
    forbid(
      'index-is-the-package',
      'index.ts re-exports lib, trainers and datasets',
      '^index[.]ts$',
      '^(experiments|bench|test)/',
    ),
    forbid(
      'experiments-stand-alone',
      'experiments import no tests and no benchmarks',
      '^experiments/',
      '^(bench|test)/',
    ),
    only('core', []),
    only('random', ['core', 'wasm']),
    only('forward', ['core', 'random']),
    only('linear-algebra', ['core', 'compile']),
    only('wasm', ['core']),
    only('compile', ['core', 'wasm']),
    only('tensorboard', ['core']),
    forbid(
      'quantization-without-pruning',
      'they meet in lib/compress',
      '^lib/quantization/',
      '^lib/pruning/',
    ),
    forbid(
      'pruning-without-quantization',
      'they meet in lib/compress',
      '^lib/pruning/',
      '^lib/quantization/',
    ),
    forbid(
      'no-development-packages',
      'what is published depends on dependencies only',
      '^(lib|datasets|trainers|experiments|index)',
      {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '@types/',
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(lib/wasm/(assembly/|build)|test/package/|test/peers/page/)' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'types', 'default'],
    },
  },
};
