import { escaped, niceStep } from './svg.ts';

export type Chart = Readonly<{ title: string; note: string; svg: string; legend: string }>;

/** How many colours the style has: c0, c1 … */
export const COLOURS = 8;

export const legendOf = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([colour, text]) => `<span><i class="${colour}"></i>${escaped(text)}</span>`).join('');

/** A whole number of steps that holds the value. */
export const ceiling = (value: number): number => {
  const step = niceStep(value || 1);
  return Math.ceil(value / step - 1e-9) * step || 1;
};
