import * as fs from 'node:fs';
import * as path from 'node:path';
import { readResult } from '../../experiments/result';
import { scriptFolder } from './script-folder';

const MINUTE = 60_000;

const { at, run } = scriptFolder('trained-folder');

const SMALL = ['--limit', '64', '--threads', '1'];

/** Of scripts that take the trained model as it is. */
const options = () => ['--model', path.join(at('floats'), 'model'), '--epochs', '0', ...SMALL];

describe('a trained folder, as it is,', () => {
  beforeAll(async () => {
    const trained = await run('finetune', [
      ...SMALL,
      '--epochs',
      '2',
      '--layers',
      '1',
      '--out',
      at('floats'),
    ]);
    expect(trained).toMatchObject({ code: 0 });
  }, MINUTE);

  test(
    'is cut, and trained on where it is asked',
    async () => {
      const removed = [...options(), '--removed', '0.4'];
      const [cut, trained] = await Promise.all([
        run('structured-bert', [...removed, '--out', at('cut')]),
        run('structured-bert', [...removed, '--train', '1', '--out', at('cut-and-trained')]),
      ]);
      expect([cut, trained]).toMatchObject([
        { code: 0, err: '' },
        { code: 0, err: '' },
      ]);
      const report = (name: string) => fs.readFileSync(path.join(at(name), 'report.html'), 'utf8');
      expect(report('cut')).not.toContain('Training loss</h2>');
      expect(report('cut-and-trained')).toContain('Training loss</h2>');
    },
    2 * MINUTE,
  );

  test(
    'is quantized, by rows that are there and rows that are not',
    async () => {
      const [quantized, mixed, none] = await Promise.all([
        run('ptq-bert', [
          ...options(),
          '--method',
          'static',
          'weight-only',
          '--bits',
          '4',
          '--out',
          at('ptq'),
        ]),
        run('mixed-precision-bert', [...options(), '--budget', '6', '--out', at('mixed')]),
        run('ptq-bert', ['--epochs', '0', '--out', at('none')]),
      ]);
      expect(quantized).toMatchObject({ code: 0 });
      expect(mixed).toMatchObject({
        code: 0,
        out: expect.stringMatching(/search {2}6 bits: .*; 5\.\d+ bits/),
      });
      expect(fs.readFileSync(path.join(at('mixed'), 'report.html'), 'utf8')).toContain(
        'Bits against loss</h2>',
      );
      expect(none).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--epochs 0') });
      const { rows } = readResult(path.join(at('ptq'), 'result.json'));
      expect(rows.map(({ method, bits, steps }) => [method, bits, steps])).toEqual([
        ['dense', undefined, 0],
        ['static', 4, 0],
        ['weight-only', 4, 0],
      ]);
      expect(fs.existsSync(path.join(at('ptq'), 'model', 'onnx', 'model_q4.onnx'))).toBe(true);
    },
    2 * MINUTE,
  );
});
