import { UserError } from '../core/errors';
import { instantiate, type Kernels } from './instance';
import { Memory } from './web-assembly';

export interface ArenaOptions {
  /** Bytes that each memory offers, unless a single request needs more. Untouched pages cost nothing. Default: 256 MiB. */
  readonly bytesPerMemory?: number;
}

/**
 * Hands out zeroed typed arrays over WebAssembly memory, on which the kernels (kernels.ts) work in place, and which
 * onnxruntime reads and fills in place too. Arrays start at multiples of 64 bytes. A memory never grows, which would detach
 * the arrays over it: when one is full, the arena opens another.
 */
export interface Arena {
  float32(length: number): Float32Array;
  int32(length: number): Int32Array;
  int8(length: number): Int8Array;
  uint8(length: number): Uint8Array;
  /** Arrays that share *one* memory, as the kernels that combine them need. */
  group(lengths: readonly number[]): Float32Array[];
  /** Lets go of the memories; each is freed once no array over it is left. The arena gives out nothing more. */
  dispose(): void;
}

/** An array's place in a WebAssembly memory, with the kernels that can reach it. */
export interface Place {
  readonly buffer: ArrayBuffer;
  readonly address: number;
  readonly kernels: Kernels;
}

type View = Float32Array | Int32Array | Int8Array | Uint8Array;

const PAGE = 65536;
const ALIGNMENT = 64;

/** The first bytes of each memory belong to the kernels: up to STAGING the tails (assembly/layout.ts), then copies (staging.ts). */
export const STAGING = 1024;
export const RESERVED = 4 * 2 ** 20;

/** One page less than a 32-bit address space, so that the address after an array's end is still a number of 32 bits. */
const LARGEST = 65535 * PAGE - RESERVED;

/**
 * @example
 * const arena = createArena();
 * const [weights, gradient] = arena.group([1000, 1000]);
 */
export function createArena(options: ArenaOptions = {}): Arena {
  const { bytesPerMemory = 256 * 2 ** 20 } = options;
  let blocks: Block[] | undefined = [];

  const reserve = (bytes: number): Place => {
    if (!blocks) throw new Error('This arena was disposed.');
    let block = blocks.find((candidate) => candidate.left >= bytes);
    if (!block) {
      block = createBlock(Math.max(bytes, Math.min(bytesPerMemory, LARGEST)));
      blocks.push(block);
    }
    return block.take(bytes);
  };
  const at = (bytes: number): [ArrayBuffer, number] => {
    const { buffer, address } = reserve(padded(bytes));
    return [buffer, address];
  };
  return {
    float32: (length) => new Float32Array(...at(4 * length), length),
    int32: (length) => new Int32Array(...at(4 * length), length),
    int8: (length) => new Int8Array(...at(length), length),
    uint8: (length) => new Uint8Array(...at(length), length),
    group: (lengths) => {
      const sizes = lengths.map((length) => padded(4 * length));
      const { buffer, address } = reserve(sizes.reduce((sum, bytes) => sum + bytes, 0));
      let next = address;
      return lengths.map((length, i) => {
        const array = new Float32Array(buffer, next, length);
        next += sizes[i]!;
        return array;
      });
    },
    dispose: () => {
      blocks = undefined;
    },
  };
}

/** Where an array lies, or undefined if it is not over an arena's memory. */
export function placeOf(view: View): Place | undefined {
  const kernels = kernelsOf.get(view.buffer);
  return kernels && { buffer: view.buffer as ArrayBuffer, address: view.byteOffset, kernels };
}

/** The kernels of each memory, by its buffer. */
const kernelsOf = new WeakMap<ArrayBufferLike, Kernels>();

interface Block {
  /** Bytes not given out yet. */
  readonly left: number;
  take(bytes: number): Place;
}

/** A new memory with room for `bytes`. */
export function createBlock(bytes: number): Block {
  if (!(bytes <= LARGEST)) {
    throw new UserError(
      `Expected at most ${LARGEST} bytes for arrays that must share one WebAssembly memory, got ${bytes}: split the weight.`,
    );
  }
  const pages = Math.ceil((RESERVED + bytes) / PAGE);
  const memory = new Memory({ initial: pages, maximum: pages });
  const { buffer } = memory;
  const kernels = instantiate(memory);
  kernelsOf.set(buffer, kernels);
  let used = RESERVED;
  return {
    get left() {
      return buffer.byteLength - used;
    },
    take: (size) => {
      const address = used;
      used += size;
      return { buffer, address, kernels };
    },
  };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
