import * as fs from 'node:fs';
import * as path from 'node:path';
import { readResult } from '../../experiments/result';
import { serveFile, stallsAfter } from '../datasets/download/server';
import { scriptFolder } from './script-folder';

const MINUTE = 60_000;

const { at, run } = scriptFolder('scripts');

const SMALL = ['--limit', '64', '--epochs', '2', '--layers', '1', '--threads', '1'];

const SCRIPTS = [
  'lth-bert',
  'finetune',
  'qat-bert',
  'gradual-pruning-bert',
  'pruning-sensitivity-bert',
  'sparse-training-bert',
  'structured-bert',
  'compare-orders-bert',
  'ptq-bert',
  'mixed-precision-bert',
  'pretrain-mlm',
  'predict',
];

test(
  'every script explains itself',
  async () => {
    const helps = await Promise.all(SCRIPTS.map((script) => run(script, ['--help'])));
    helps.forEach(({ code, out, err }, i) => {
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`npx whittle-tfjs ${SCRIPTS[i]}`);
      expect(out).toContain('--model <folder or name>');
    });
    for (const { out } of helps.slice(0, 11)) {
      for (const name of [
        ...['task', 'data-dir', 'layers', 'limit'],
        ...['epochs', 'batch-size', 'learning-rate', 'max-length'],
      ])
        expect(out).toContain(`--${name} `);
      for (const name of ['engine', 'backend', 'threads', 'seed', 'out', 'save', 'force', 'quick'])
        expect(out).toMatch(new RegExp(`--${name}\\b`));
    }
  },
  MINUTE,
);

test(
  'mistakes are told in one sentence, with exit code 2, and leave no run folder',
  async () => {
    const glue = at('glue');
    fs.mkdirSync(path.join(glue, 'SST-2'), { recursive: true });
    fs.writeFileSync(path.join(glue, 'SST-2', 'train.tsv'), 'sentence\tlabel\nfine\t1\nbad\n');
    fs.writeFileSync(path.join(glue, 'SST-2', 'dev.tsv'), 'sentence\tlabel\nfine\t1\n');
    const out = ['--out', at('mistake')];
    const mistakes: [string, string[], RegExp][] = [
      [
        'finetune',
        ['--temperature', '3'],
        /^Expected --teacher <folder> with --temperature, got it without\.\n$/,
      ],
      ['lth-bert', ['--levls', '3'], /^Unknown option '--levls' \(Did you mean --levels\?\) See --help\.\n$/],
      [
        'qat-bert',
        ['--method', 'ternary', '--bits', '7', ...out],
        /^Expected --bits 2 with --method ternary, got 7; leave --bits out\.\n$/,
      ],
      [
        'gradual-pruning-bert',
        ['--pattern', '2:4', ...out],
        /^Expected a sparsity of at most 0\.5, which is all that the pattern can prune, got 0\.8\.\n$/,
      ],
      [
        'gradual-pruning-bert',
        ['--epochs', '0', ...out],
        /^Expected --epochs of at least 1, to prune while training, got 0; or prune a trained model with --after-dense\.\n$/,
      ],
      [
        'gradual-pruning-bert',
        ['--pruning-rate', '0.1', ...out],
        /^Expected --after-dense <epochs> with --pruning-rate, got --pruning-rate 0\.1 without; or give --learning-rate\.\n$/,
      ],
      [
        'structured-bert',
        ['--removed', '40', ...out],
        /^Option '--removed <share...>' argument '40' is invalid\. .*\n$/,
      ],
      [
        'structured-bert',
        ['--distill', ...out],
        /^Expected --train <epochs> with --distill, to learn in, got 0\.\n$/,
      ],
      [
        'compare-orders-bert',
        ['--train', '1', ...out],
        /^Option '--train <epochs>' argument '1' is invalid\. .*\n$/,
      ],
      ['finetune', ['--epochs', 'many', ...out], /^Option '--epochs <n>' argument 'many' is invalid\. .*\n$/],
      ['finetune', ['--task', 'sst2', '--data-dir', glue, ...out], /^.*train\.tsv:3: expected 2 fields.*\n$/],
      ['finetune', ['--task', 'cola', '--data-dir', glue, ...out], /^.*CoLA.*\n$/],
      ['finetune', ['--task', 'mnli', ...out], /^Expected --model .* for --task mnli: .*\n$/],
      [
        'finetune',
        ['--model', 'no/where', '--offline', ...out],
        /^Expected no\/where in the cache, being offline, .*\n$/,
      ],
      ['finetune', ['--model', at('nowhere'), ...out], /nowhere: there is no such folder; .*\n$/],
      ['predict', ['--model', at('nowhere'), 'a sentence'], /nowhere: there is no such folder; .*\n$/],
    ];
    const ends = await Promise.all(mistakes.map(([script, options]) => run(script, options)));
    ends.forEach(({ code, out: printed, err }, i) => {
      expect({ code, printed }).toEqual({ code: 2, printed: '' });
      expect(err).toMatch(mistakes[i]![2]);
    });
    expect(fs.existsSync(at('mistake'))).toBe(false);
  },
  MINUTE,
);

test(
  'a run is trained once, shown again, kept from another config, and started over by --force',
  async () => {
    const options = [...SMALL, '--out', at('finetune')];
    const first = await run('finetune', options);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toMatch(/engine +compiled \(onnxruntime cpu, 1 threads?\)/);
    const names = ['config.json', 'model', 'report.html', 'result.json', 'seed-0'];
    expect(fs.readdirSync(at('finetune')).sort()).toEqual(names);
    expect(fs.readFileSync(path.join(at('finetune'), 'model', 'README.md'), 'utf8')).toContain(
      '# dense, toy',
    );
    const result = readResult(path.join(at('finetune'), 'result.json'));
    expect(result.rows).toMatchObject([{ method: 'dense', seed: 0, sparsity: 0, steps: 4 }]);

    const [second, other] = await Promise.all([
      run('finetune', options),
      run('finetune', [...options, '--epochs', '3']),
    ]);
    expect(second).toMatchObject({ code: 0, out: expect.stringContaining('finished already') });
    expect(second.out).toContain(first.out.match(/dense +100.*/)![0]);
    expect(other).toMatchObject({ code: 2, out: '' });
    expect(other.err).toMatch(/another config.*\n[^]*epochs +2 +3/);

    const forced = await run('finetune', [...options, '--epochs', '3', '--force']);
    expect(forced).toMatchObject({ code: 0 });
    const { rows } = readResult(path.join(at('finetune'), 'result.json'));
    expect(rows).toMatchObject([{ steps: 6 }]);

    const answer = await run('predict', ['--model', path.join(at('finetune'), 'model'), 'a sentence']);
    expect(answer).toMatchObject({ code: 0, err: '' });
    expect(answer.out).toMatch(/a sentence .*%/);
  },
  2 * MINUTE,
);

test(
  'Ctrl-C in a download says that what has come is kept',
  async () => {
    const server = await serveFile(Buffer.alloc(376971), [stallsAfter(1000)]);
    const settings = { WHITTLE_GLUE_HOST: server.url, WHITTLE_CACHE: at('cache') };
    const options = ['--model', at('.'), '--task', 'cola'];
    const { code, err } = await run('predict', options, { interruptAt: 'downloading', settings });
    await server.close();
    expect(code).toBe(130);
    expect(err).toMatch(
      /\nStopped by Ctrl-C; what has come is kept, and the same command goes on from there\.\n$/,
    );
  },
  MINUTE,
);

test(
  'after Ctrl-C the same command goes on, and ends with the same rows',
  async () => {
    const options = [...SMALL, '--seeds', '1', '--levels', '2', '--prune', '0.5'];
    const rowsIn = (name: string) =>
      readResult(path.join(at(name), 'result.json')).rows.map((row) => ({ ...row, seconds: 0 }));
    const [whole, stopped] = await Promise.all([
      run('lth-bert', [...options, '--out', at('whole')]),
      run('lth-bert', [...options, '--out', at('stopped')], { interruptAt: '1/' }),
    ]);
    expect(whole).toMatchObject({ code: 0 });
    expect(stopped).toMatchObject({ code: 130 });
    expect(stopped.err).toMatch(/Stopped by Ctrl-C[^]*Go on with: npx whittle-tfjs lth-bert .*--out/);
    expect(fs.readdirSync(at('stopped'))).not.toContain('.lock');
    const resumed = await run('lth-bert', [...options, '--out', at('stopped')]);
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.out).toMatch(/goes on[^]*done before/);
    expect(rowsIn('stopped')).toEqual(rowsIn('whole'));
    expect(rowsIn('whole').map(({ method, level }) => `${method} ${level}`)).toEqual([
      ...['dense 0', 'ticket 1', 'shuffled 1', 'reinit 1', 'ticket 2', 'shuffled 2', 'reinit 2'],
    ]);
  },
  2 * MINUTE,
);

test(
  'of two processes in one folder the second is told of the first, and touches nothing',
  async () => {
    const options = [...SMALL, '--epochs', '100000', '--out', at('shared')];
    const begun = path.join(at('shared'), 'seed-0', 'dense');
    const second = async () => {
      while (!fs.existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 20));
      return run('finetune', [...options, '--force']);
    };
    const told = second();
    expect(await run('finetune', options, { interruptAfter: told })).toMatchObject({ code: 130 });
    const { code, out, err } = await told;
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /^Expected to be alone in the run .*shared, but process \d+ works there; wait until it ends, or choose another --out\.\n$/,
    );
    expect(fs.readdirSync(begun).filter((name) => name.includes('tfevents'))).toHaveLength(1);
    expect(fs.readdirSync(at('shared'))).toEqual(['config.json', 'seed-0']);
  },
  MINUTE,
);

test(
  'models are kept as --save says, the same after Ctrl-C, and result.json names them',
  async () => {
    const options = [...SMALL, '--epochs', '1', '--seeds', '1', '--levels', '1', '--prune', '0.5'];
    const [best, last, all] = await Promise.all([
      run('lth-bert', [...options, '--out', at('best')]),
      run('lth-bert', [...options, '--save', 'last', '--out', at('last')]),
      run('lth-bert', [...options, '--save', 'all', '--out', at('all')], { interruptAt: '2/4' }),
    ]);
    expect(best).toMatchObject({
      code: 0,
      out: expect.stringMatching(/best.model is the model of seed 0, ticket 1: .*model\.safetensors \d.*MB/),
    });
    expect(last).toMatchObject({
      code: 0,
      out: expect.stringMatching(/last.model is the model of seed 0, reinit 1: .*onnx\/model\.onnx \d.*MB/),
    });
    expect(all).toMatchObject({ code: 130 });
    expect(await run('lth-bert', [...options, '--save', 'all', '--out', at('all')])).toMatchObject({
      code: 0,
    });

    const modelsIn = (name: string) => readResult(path.join(at(name), 'result.json')).models!;
    const weights = (name: string, folder: string) =>
      fs.readFileSync(path.join(at(name), folder, 'model.safetensors')).toString('base64');
    const methods = ['dense', 'ticket-1', 'shuffled-1', 'reinit-1'];
    expect(modelsIn('all').map(({ folder }) => folder)).toEqual(
      methods.map((name) => `seed-0/${name}/model`),
    );
    expect(new Set(modelsIn('all').map(({ folder }) => weights('all', folder))).size).toBe(4);
    const [kept] = modelsIn('best');
    expect(kept).toMatchObject({ method: 'ticket', seed: 0, level: 1, folder: 'model' });
    for (const { file, bytes } of kept!.files)
      expect(fs.statSync(path.join(at('best'), 'model', file)).size).toBe(bytes);
    expect(kept!.files.map(({ file }) => file)).toContain('onnx/model.onnx');
    expect(
      kept!.files.every(({ bytes, gzippedBytes }) => gzippedBytes! > 0 && gzippedBytes! < bytes + 100),
    ).toBe(true);
    const report = fs.readFileSync(path.join(at('best'), 'report.html'), 'utf8');
    expect(report).toContain('1.0 times as fast as the dense one');
    expect(report).toContain('gzip MB');
    expect(weights('best', 'model')).toBe(weights('all', 'seed-0/ticket-1/model'));
    expect(weights('last', 'model')).toBe(weights('all', 'seed-0/reinit-1/model'));
    const folders = fs.readdirSync(at('best'), { recursive: true, encoding: 'utf8' });
    expect(folders.filter((name) => name.endsWith('model'))).toEqual(['model']);

    fs.rmSync(path.join(at('best'), 'model'), { recursive: true });
    const again = await run('lth-bert', [...options, '--out', at('best')]);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toMatch(
      /model, the model of seed 0, ticket 1, is not there any more: that part is trained again\./,
    );
    expect(weights('best', 'model')).toBe(weights('all', 'seed-0/ticket-1/model'));
    expect(fs.existsSync(path.join(at('best'), 'model', 'README.md'))).toBe(true);
    const other = await run('lth-bert', [...options, '--save', 'all', '--out', at('best')]);
    expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/another config[^]*save +best +all/) });
  },
  2 * MINUTE,
);

test(
  'a student learns from a teacher of the same task, on every recipe',
  async () => {
    const teacher = path.join(at('teacher'), 'model');
    expect(await run('finetune', [...SMALL, '--out', at('teacher')])).toMatchObject({ code: 0 });
    const options = [...SMALL, '--teacher', teacher, '--teacher-hidden', '--teacher-weight', '1'];
    const [student, quantized, other] = await Promise.all([
      run('finetune', [...options, '--out', at('student')]),
      run('qat-bert', [...options, '--method', 'ternary', '--delay', '0.2', '--out', at('quantized')]),
      run('finetune', [...SMALL, '--teacher', at('nowhere'), '--out', at('untaught')]),
    ]);
    expect(student).toMatchObject({ code: 0 });
    expect(quantized).toMatchObject({ code: 0, out: expect.stringMatching(/^ternary /m) });
    expect(other).toMatchObject({ code: 2, out: '' });
    const weights = (name: string) => fs.readFileSync(path.join(at(name), 'model', 'model.safetensors'));
    expect(weights('student').equals(weights('teacher'))).toBe(false);
  },
  2 * MINUTE,
);

test(
  'a model pretrained on a text file is a start for fine-tuning',
  async () => {
    const text = at('corpus.txt');
    const lines = Array.from({ length: 80 }, (_, i) => `the ${i % 7 ? 'cat' : 'dog'} sat on mat ${i % 5}\n`);
    fs.writeFileSync(text, lines.join(''));
    const options = [
      '--size',
      'tiny',
      '--vocab-size',
      '60',
      '--max-length',
      '32',
      '--epochs',
      '2',
      '--threads',
      '1',
    ];
    const pretrained = await run('pretrain-mlm', ['--text', text, ...options, '--out', at('pretrained')]);
    expect(pretrained).toMatchObject({ code: 0 });
    expect(pretrained.out).toMatch(/dense +accuracy|accuracy 0\.\d+/);
    expect(pretrained.out).toContain('most frequent piece');
    const data = at('animals.csv');
    fs.writeFileSync(
      data,
      `text,label\n${lines.map((line, i) => `${line.trim()},${i % 7 ? 'cat' : 'dog'}\n`).join('')}`,
    );
    const start = ['--model', path.join(at('pretrained'), 'model'), '--max-length', '16'];
    const tuned = await run('finetune', ['--data', data, ...start, '--epochs', '1', '--out', at('tuned')]);
    expect(tuned).toMatchObject({ code: 0 });
    const answer = await run('predict', ['--model', path.join(at('tuned'), 'model'), 'the cat sat']);
    expect(answer.out).toMatch(/the cat sat .*(cat|dog)/);

    fs.writeFileSync(text, 'another text\n'.repeat(80));
    const other = await run('pretrain-mlm', ['--text', text, ...options, '--out', at('pretrained')]);
    expect(other).toMatchObject({ code: 2 });
    expect(other.err).toMatch(/another config/);
  },
  2 * MINUTE,
);
