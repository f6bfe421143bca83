/**
 * A figure taken apart. At every node with children the value is exactly, bit for bit, the sum of its
 * children's values added from first to last. Where floating-point sums in another grouping differ, a child
 * named `rounding` says by how much.
 */
export type Explanation = Readonly<{ label: string; value: number; children: readonly Explanation[] }>;

export const leaf = (label: string, value: number): Explanation => ({
  label,
  value: value + 0,
  children: [],
});

/** A node of a known value; leaves of nothing are left out, and what rounding left over is added. */
export const explained = (
  label: string,
  value: number,
  parts: readonly Explanation[],
  remainder = 'rounding',
): Explanation => {
  const children = parts.filter((part) => part.value !== 0 || part.children.length > 0);
  if (children.length === 0) return leaf(label, value);
  let sum = sumOf(children);
  // One remainder nearly always makes the sum exact; a second mends the case where the first one rounds
  // itself.
  for (let n = 0; n < 4 && sum !== value; n++) {
    children.push(leaf(remainder, value - sum));
    sum = sumOf(children);
  }
  return { label, value, children };
};

export const sumOf = (parts: readonly Explanation[]): number =>
  parts.reduce((sum, part) => sum + part.value, 0);
