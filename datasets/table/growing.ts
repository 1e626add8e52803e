type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array;

/** A typed array that grows at its end: numbers by the million, outside of JavaScript's heap. */
export interface Growing<T extends Numbers> {
  push(value: number): void;
  /** The numbers so far. */
  values(): T;
}

/** An empty one of the given kind. */
export function growing<T extends Numbers>(Kind: new (length: number) => T): Growing<T> {
  let array = new Kind(1024);
  let length = 0;
  return {
    push(value) {
      if (length === array.length) {
        const larger = new Kind(2 * length);
        larger.set(array);
        array = larger;
      }
      array[length++] = value;
    },
    values: () => array.subarray(0, length) as T,
  };
}
