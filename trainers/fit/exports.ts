/** `fit`, and what it takes. */
export { fit } from './fit';
export { fitCallbacks, type FitCallbacks } from './fit-callbacks';
export { type FitCallback, type FitDatasetOptions, type FitOptions } from './fit-options';
export { type ByOutput, type ClassWeight } from './weights';
export { type StockCallback } from './stock-callbacks';
export { type StockDataset } from './dataset-source';
export { type Tensors } from './arranged';
