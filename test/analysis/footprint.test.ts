import {
  convert,
  exportOnnx,
  hostTensor,
  measureFootprint,
  measureMemory,
  mlp,
  prepare,
  dynamicInt8,
} from '../../index';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

const batch = [hostTensor(new Float32Array(8 * 512).fill(0.5), [8, 512])];
/** 512 × 4096 weights and 4096 × 512: 16.8 MB in floats. */
const wide = () => mlp({ inputSize: 512, hiddenSizes: [4096], outputSize: 512, seed: 1 });
const FLOATS = 4 * (2 * 512 * 4096 + 4096 + 512);

const compress = (model: ReturnType<typeof wide>) => {
  const prepared = prepare(model, dynamicInt8());
  const compressed = convert(prepared);
  prepared.detach();
  return compressed;
};

describe('measureMemory', () => {
  test('of a model in floats is that of its weights, and not much more than a few times that', async () => {
    const bytes = await measureMemory(wide(), batch, { threads: 1 });
    expect(bytes).toBeGreaterThan(FLOATS);
    expect(bytes).toBeLessThan(5 * FLOATS);
  });

  test('says why a model does not run, and leaves no file', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-footprint-'));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = folder; // other tests measure at the same time
    const wrong = [hostTensor(new Float32Array(8 * 3), [8, 3])];
    await expect(measureMemory(wide(), wrong)).rejects.toThrow(/invalid dimensions/i);
    await expect(measureMemory(wide(), batch, { provider: 'abacus' })).rejects.toThrow('abacus');
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    expect(fs.readdirSync(folder)).toEqual([]);
    fs.rmdirSync(folder);
  });
});

describe('measureFootprint', () => {
  test('of codes beside floats: the file that is exported, less memory, times of both', async () => {
    const model = wide();
    const compressed = compress(model);
    const options = { runs: 2, threads: 1 };
    const dense = await measureFootprint(model, model, batch, options);
    const small = await measureFootprint(compressed, model, batch, options);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'footprint-'));
    exportOnnx(compressed, path.join(folder, 'model.onnx'));
    const file = fs.readFileSync(path.join(folder, 'model.onnx'));
    expect([small.fileBytes, small.gzippedBytes]).toEqual([file.length, gzipSync(file).length]);
    fs.rmSync(folder, { recursive: true });
    expect(small.residentBytes).toBeLessThan(dense.residentBytes);
    [dense, small].forEach((each) => {
      expect(each.milliseconds).toBeGreaterThan(0);
      expect(each.referenceMilliseconds).toBeGreaterThan(0);
    });
  });

  test('leaves no tensors', async () => {
    const model = mlp({ inputSize: 512, hiddenSizes: [4], outputSize: 2, seed: 1 });
    await expectNoLeak(
      async () => void (await measureFootprint(model, model, batch, { runs: 1, threads: 1 })),
    );
  });
});
