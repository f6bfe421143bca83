import type { CallProbability } from '@plinth/portfolio';

/**
 * Time to answer a margin call: `graceMs`, or less for an account whose probability of default is beyond the
 * threshold: graceMs · threshold / probability, not under the least grace (nor over graceMs itself).
 */
export const graceOf = (
  graceMs: number,
  rule: CallProbability | undefined,
  probability: number | undefined,
): number => {
  if (rule === undefined || probability === undefined || !(probability > rule.threshold)) return graceMs;
  const shortened = Math.round((graceMs * rule.threshold) / probability);
  return Math.min(graceMs, Math.max(rule.graceMsMin, shortened));
};
