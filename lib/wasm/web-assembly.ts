/** One linear memory. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
}

/** The part of the WebAssembly API that is used here: TypeScript declares it only together with the browser's DOM. */
interface WebAssemblyApi {
  readonly Memory: new (pages: { initial: number; maximum: number }) => LinearMemory;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

export const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
  .WebAssembly;
