/**
 * Where kernels that work on 16 to 64 bytes at once put the end of an array, so as never to write beyond it: 64 bytes. No array of
 * an arena lies below `RESERVED` (memory.ts).
 */
export const TAIL: usize = 64;
