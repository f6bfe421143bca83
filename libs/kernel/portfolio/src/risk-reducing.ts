import type { Assessment } from './assessment.ts';

/** Differences below this share of the largest loss are rounding. */
const ROUNDING_SHARE = 1e-9;

/**
 * Does an order reduce risk (finance §6.9)? Either no scenario's loss grows, or it leaves equity further above (or less far
 * below) both requirements: closing a contract that is quoted in a coin gives up a gain that a fall of this coin would
 * bring, and is a reduction all the same. What a fill costs against the mark is not risk.
 */
export const reducesRisk = (was: Assessment, is: Assessment): boolean => {
  if (noLossGrows(was.losses, is.losses)) return true;
  const paid = was.equity - is.equity;
  const headroom = (a: Assessment, requirement: number): number => a.equity - requirement;
  const slack = ROUNDING_SHARE * Math.max(1, Math.abs(was.equity), was.initialMargin, is.initialMargin);
  const worse = (before: number, after: number): boolean => after + Math.max(0, paid) < before - slack;
  return !(
    worse(headroom(was, was.maintenanceMargin), headroom(is, is.maintenanceMargin)) ||
    worse(headroom(was, was.initialMargin), headroom(is, is.initialMargin))
  );
};

/** A gain that becomes smaller is no loss: only what is above zero counts. */
const noLossGrows = (was: Float64Array, is: Float64Array): boolean => {
  let largest = 1;
  for (const loss of was) largest = Math.max(largest, Math.abs(loss));
  const slack = ROUNDING_SHARE * largest;
  for (let s = 0; s < is.length; s += 1) {
    if ((is[s] as number) > Math.max(0, was[s] as number) + slack) return false;
  }
  return true;
};
