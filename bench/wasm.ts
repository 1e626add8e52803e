/**
 * `npx ts-node bench/wasm.ts`: speed of the WebAssembly kernels, on one thread, in elements per second.
 */
import { cpus } from 'os';
import Table from 'cli-table3';
import { median } from 'simple-statistics';
import { normal, seededRandom } from '../lib/core/random';
import {
  accumulate,
  adamw,
  addRows,
  keepMask,
  quantizeColumns,
  quantizeRows,
  sgd,
  sumOfSquares,
} from '../lib/wasm/kernels';
import { createArena } from '../lib/wasm/memory';

const ROUNDS = 15;
const table = new Table({
  head: ['kernel', 'elements', 'ms', '10⁹ elements/s', 'GB/s'],
  style: { head: [], border: [], compact: true },
});

/** Adds a row: the median of some runs, after as many to warm up; `bytes` are read and written per element. */
function row(kernel: string, elements: number, bytes: number, run: () => void): void {
  const times = Array.from({ length: 2 * ROUNDS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  const ms = median(times.slice(ROUNDS));
  const rate = elements / ms / 1e6;
  table.push([kernel, elements, ms.toFixed(3), rate.toFixed(2), (rate * bytes).toFixed(1)]);
}

const arena = createArena({ bytesPerMemory: 2 ** 30 });
const random = seededRandom(1, 'bench');

for (const n of [65536, 4_400_000, 28_800_000]) {
  const [weights, m, v, gradient, room] = arena.group([n, n, n, n, n]);
  const pattern = Float32Array.from({ length: 4096 }, () => 0.02 * normal(random));
  for (let i = 0; i < n; i += 4096) {
    for (const view of [weights!, gradient!]) view.set(pattern.subarray(0, Math.min(4096, n - i)), i);
  }
  const mask = new Uint8Array(room!.buffer, room!.byteOffset, n);
  keepMask(mask, 1, 0.5);
  const arrays = { weights: weights!, m: m!, v: v!, gradient: gradient! };
  const scalars = { learningRate: 1e-6, weightDecay: 0.01, gradientScale: 0.5 };
  const moments = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 100 };
  row('adamw', n, 28, () => adamw(arrays, { ...scalars, ...moments }));
  row('adamw with a mask', n, 29, () => adamw({ ...arrays, mask }, { ...scalars, ...moments }));
  const descent = { weights: weights!, velocity: m!, gradient: gradient! };
  row('sgd', n, 20, () => sgd(descent, { ...scalars, momentum: 0.9 }));
  row('sumOfSquares', n, 4, () => sumOfSquares(gradient!));
  row('sumOfSquares with a mask', n, 5, () => sumOfSquares(gradient!, mask));
  row('accumulate', n, 12, () => accumulate(v!, gradient!));
}

for (const [rows, columns] of [
  [128, 512],
  [512, 2048],
  [3072, 768],
] as const) {
  const n = rows * columns;
  const [weights, scales] = arena.group([n, Math.max(rows, columns)]);
  for (let i = 0; i < n; i++) weights![i] = 0.02 * normal(random);
  for (const [where, codes] of [
    ['', arena.int8(n)],
    [', codes elsewhere', new Int8Array(n)],
  ] as const) {
    row(`quantizeColumns ${rows}×${columns}${where}`, n, 9, () =>
      quantizeColumns(weights!, codes, scales!.subarray(0, columns), { rows, columns, limit: 127 }),
    );
    row(`quantizeRows ${rows}×${columns}${where}`, n, 9, () =>
      quantizeRows(weights!, codes, scales!.subarray(0, rows), { rows, columns, limit: 127 }),
    );
  }
}

const masks = 13_600_000;
const inside = arena.uint8(masks);
const outside = new Uint8Array(masks);
row('keepMask', masks, 1, () => keepMask(inside, 7, 0.1));
row('keepMask, elsewhere', masks, 1, () => keepMask(outside, 7, 0.1));

for (const width of [128, 512]) {
  const ids = Int32Array.from({ length: 2048 }, () => Math.floor(random() * 30522));
  const [into, rows] = arena.group([30522 * width, 2048 * width]);
  row(`addRows of ${width}`, rows!.length, 12, () => addRows(into!, ids, rows!, width));
  const away = rows!.slice();
  row(`addRows of ${width}, rows elsewhere`, rows!.length, 12, () => addRows(into!, ids, away, width));
}

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, one thread`);
console.log(table.toString());
