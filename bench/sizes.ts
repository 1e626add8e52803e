/** What is timed: the BERT sizes of the design, batch × tokens, and how one worker process is told. */
export const SIZES = {
  tiny: { layers: 2, width: 128, heads: 2, batch: 32, length: 64 },
  mini: { layers: 4, width: 256, heads: 4, batch: 32, length: 64 },
  small: { layers: 4, width: 512, heads: 8, batch: 32, length: 64 },
  base: { layers: 12, width: 768, heads: 12, batch: 8, length: 64 },
} as const;

export type Size = keyof typeof SIZES;

export const VOCABULARY = 30522;

/** The task of one worker process. */
export interface WorkerOptions {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly batch: number;
  readonly length: number;
  readonly dropout: number;
  readonly threads: number;
  /** onnxruntime's execution provider; PyTorch is on "cuda" beside any but the `cpu`. */
  readonly provider: string;
  /** Whittle's engines or PyTorch's attention implementations; `products`: only a step's products with weights. */
  readonly kind:
    | 'float'
    | 'qat'
    | 'lsq'
    | 'masked'
    | 'pruning'
    | 'movement'
    | 'soft-movement'
    | 'smp'
    | 'eager-wasm'
    | 'products'
    | 'sdpa'
    | 'eager'
    | 'torch-products';
}

/** What a worker prints after each line of standard input. */
export interface WorkerReport {
  /** Milliseconds of each step. */
  readonly times: number[];
  readonly peakMegabytes: number;
}
