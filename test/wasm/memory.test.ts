import { createArena, placeOf } from '../../lib/wasm/memory';
import { accumulate } from '../../lib/wasm/kernels';
import { UserError } from '../../lib/core/errors';

const PAGE = 65536;

describe('createArena', () => {
  it('gives zeroed arrays of every type that start at multiples of 64 bytes and do not overlap', () => {
    const arena = createArena({ bytesPerMemory: PAGE });
    const arrays = [
      arena.uint8(3),
      arena.float32(5),
      arena.int8(65),
      arena.int32(1),
      arena.float32(0),
      arena.uint8(1),
    ];
    expect(arrays.map((array) => array.length)).toEqual([3, 5, 65, 1, 0, 1]);
    for (const array of arrays) {
      expect(array.byteOffset % 64).toBe(0);
      expect([...array].every((value) => value === 0)).toBe(true);
    }
    arrays.forEach((array, i) => array.fill(i + 1));
    arrays.forEach((array, i) => expect(new Set(array)).toEqual(new Set(array.length ? [i + 1] : [])));
  });

  it('opens another memory when one is full, and still fills the first', () => {
    const arena = createArena({ bytesPerMemory: PAGE });
    const first = arena.uint8(PAGE - 64);
    const second = arena.uint8(128);
    const third = arena.uint8(64);
    expect(second.buffer).not.toBe(first.buffer);
    expect(third.buffer).toBe(first.buffer);
    expect(third.byteOffset).toBe(first.byteOffset + PAGE - 64);
  });

  it('keeps a group in one memory, opening a larger one if it must', () => {
    const arena = createArena({ bytesPerMemory: PAGE });
    const [a, b, c] = arena.group([10, 3 * PAGE, 7]);
    expect([a!.length, b!.length, c!.length]).toEqual([10, 3 * PAGE, 7]);
    expect(new Set([a!.buffer, b!.buffer, c!.buffer]).size).toBe(1);
    b!.fill(1);
    expect([...a!, ...c!].every((value) => value === 0)).toBe(true);
  });

  it('never moves an array: views stay valid while the arena goes on', () => {
    const arena = createArena({ bytesPerMemory: PAGE });
    const view = arena.float32(4).fill(3);
    for (let i = 0; i < 20; i++) arena.float32(PAGE / 8);
    expect([...view]).toEqual([3, 3, 3, 3]);
  });

  it('works beyond 2 GiB, where addresses have their highest bit set', () => {
    const arena = createArena({ bytesPerMemory: 2.2 * 2 ** 30 });
    arena.uint8(2 ** 31);
    const [into, x] = arena.group([21, 21]);
    expect(into!.byteOffset).toBeGreaterThan(2 ** 31);
    into!.fill(1);
    x!.fill(2);
    accumulate(into!, x!);
    expect([...into!]).toEqual(Array(21).fill(3));
  });

  it('says that more than a memory holds cannot share one', () => {
    expect(() => createArena().group([2 ** 29, 2 ** 29])).toThrow(UserError);
  });

  it('gives out nothing after dispose, and leaves the arrays it gave', () => {
    const arena = createArena({ bytesPerMemory: PAGE });
    const view = arena.float32(2).fill(1);
    arena.dispose();
    expect(() => arena.float32(1)).toThrow('disposed');
    expect([...view]).toEqual([1, 1]);
  });
});

describe('placeOf', () => {
  it('finds arrays of an arena, and parts of them, and no others', () => {
    const view = createArena({ bytesPerMemory: PAGE }).float32(8);
    expect(placeOf(view)).toMatchObject({ buffer: view.buffer, address: view.byteOffset });
    expect(placeOf(view.subarray(3))).toMatchObject({ address: view.byteOffset + 12 });
    expect(placeOf(new Float32Array(8))).toBeUndefined();
  });
});
