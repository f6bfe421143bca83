import { assert } from '@plinth/money';
import { LIMITS } from '../domain/limits.ts';

export type InterestConfig = Readonly<{
  /** Every pool accrues this often, and at each of its settlements. Whole seconds. */
  accrueEveryMs: number;
}>;

export const INTEREST_DEFAULTS: InterestConfig = { accrueEveryMs: 300_000 };

export const checkedConfig = (config: InterestConfig): InterestConfig => {
  const { accrueEveryMs } = config;
  const { accrueEveryMsMin, accrueEveryMsMax } = LIMITS;
  assert(
    accrueEveryMs % 1_000 === 0 && accrueEveryMs >= accrueEveryMsMin && accrueEveryMs <= accrueEveryMsMax,
    () => `Expected accrueEveryMs in whole seconds up to ${accrueEveryMsMax}, was ${accrueEveryMs}`,
  );
  return config;
};
