export { fit } from './fit';
export { type FitCallback, type FitOptions } from './fit-options';
export { type StockCallback } from './stock-callbacks';
export { type Tensors } from './arranged';
