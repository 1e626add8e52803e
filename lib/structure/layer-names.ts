import type { ResolvedCut } from './cut';

/**
 * What a path or a layer's name of a BERT is called once whole layers are gone; undefined where it went with one.
 *
 * @example renamed('encoder/3/ffn/up/kernel', { layers: [1] }) // encoder/2/ffn/up/kernel
 */
export function renamed(name: string, { layers }: Pick<ResolvedCut, 'layers'>): string | undefined {
  const index = /^encoder\/(\d+)\//.exec(name)?.[1];
  if (index === undefined) return name;
  if (layers.includes(Number(index))) return undefined;
  const before = layers.filter((layer) => layer < Number(index)).length;
  return name.replace(index, String(Number(index) - before));
}
