/** Options of one block: what a call of the kernels takes at most. */
export const BLOCK = 512;
/** Doubles from one column to the next: assembly/columns.ts says why it is more than a block. */
const STRIDE = 520;

/**
 * Columns of a block of options, in the order of assembly/columns.ts: what is known of the options, what one
 * step leaves to the next, and the figures.
 */
const COLUMNS = [
  ...(['sign', 'forward', 'strike', 'volatility', 'years', 'discount'] as const),
  ...(['deviation', 'moneyness', 'decay', 'first', 'second', 'gap'] as const),
  ...(['price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'vanna', 'volga'] as const),
  ...(['target', 'bound', 'total', 'low', 'high', 'active'] as const),
] as const;

export type Columns = Readonly<Record<(typeof COLUMNS)[number], Float64Array>>;

/** The columns of a block as they stand in a memory. */
export const columnsOf = (memory: ArrayBuffer): Columns => {
  const views = COLUMNS.map((name, n) => [name, new Float64Array(memory, 8 * n * STRIDE, STRIDE)] as const);
  return Object.fromEntries(views) as Columns;
};

/** Columns for a kernel that needs no linear memory. */
export const plainColumns = (): Columns => columnsOf(new ArrayBuffer(8 * COLUMNS.length * STRIDE));
