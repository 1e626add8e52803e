import type * as ort from 'onnxruntime-node';
import { bytesOf, dataOn, Value } from './graph';
import { ortTensor } from './session';

/**
 * Memory for what training steps keep between their forward and backward pass. Programs that never run at the same time share
 * one: it is as large as the largest of them needs, where memories of their own would add up.
 */
export class Scratch {
  private buffer = new ArrayBuffer(0);

  /**
   * @param least programs that keep no more bytes than this, unless they are long, run in one part: two take one to four hundredths
   * longer. 512 MiB by default.
   */
  constructor(readonly least = 2 ** 29) {}

  /** At least so many bytes, the same as last time while they suffice; what they hold is the last user's. */
  take(bytes: number): ArrayBuffer {
    if (this.buffer.byteLength < bytes) this.buffer = new ArrayBuffer(bytes);
    return this.buffer;
  }
}

/** Values begin at multiples of so many bytes, as processors like it. */
const ALIGNMENT = 64;

/** Where the values that one part of a program saves for the next are in the scratch memory. */
export class SavedValues {
  private readonly places: (readonly [value: Value, offset: number])[] = [];
  private readonly bytes: number;
  private made?: { readonly buffer: ArrayBuffer; readonly tensors: (readonly [Value, ort.Tensor])[] };

  constructor(
    values: readonly Value[],
    private readonly scratch = new Scratch(),
  ) {
    let end = 0;
    for (const value of values) {
      this.places.push([value, end]);
      end += Math.ceil(bytesOf(value) / ALIGNMENT) * ALIGNMENT;
    }
    this.bytes = end;
  }

  /** Each value and its tensor, which is valid until another program runs. */
  tensors(): readonly (readonly [Value, ort.Tensor])[] {
    const buffer = this.scratch.take(this.bytes);
    if (this.made?.buffer !== buffer) {
      const tensorAt = (value: Value, offset: number) => ortTensor(value, dataOn(value, buffer, offset));
      const tensors = this.places.map(([value, offset]) => [value, tensorAt(value, offset)] as const);
      this.made = { buffer, tensors };
    }
    return this.made.tensors;
  }
}
