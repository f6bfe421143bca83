import type { Instant } from '@plinth/eventing';
import { assert, decimalOf, ZERO } from '@plinth/money';

export type AccountsConfig = Readonly<{
  /** Name of this cell: the house's stream is house-{cell}. */
  cell: string;
  /** How long a withdrawal or transfer waits for its answer before it is released. */
  holdExpiryMs: number;
  /** How long a new withdrawal destination waits before it can be used. */
  destinationDelayMs: number;
  /** Per account and UTC day, decimal USD at the marks of the requests. */
  withdrawalLimitUsdPerDay: string;
}>;

export const DEFAULT_ACCOUNTS_CONFIG: AccountsConfig = {
  cell: 'main',
  holdExpiryMs: 600_000,
  destinationDelayMs: 86_400_000,
  withdrawalLimitUsdPerDay: '10000000',
};

/** As `PLINTH_CELL` has it. */
export const isCell = (text: string): boolean => /^[a-z0-9]{1,16}$/.test(text);

const isDuration = (ms: Instant): boolean => Number.isSafeInteger(ms) && ms >= 0;

export const checkedConfig = (config: AccountsConfig): AccountsConfig => {
  assert(isCell(config.cell), 'Expected cell like main');
  assert(isDuration(config.holdExpiryMs) && config.holdExpiryMs > 0, 'Expected holdExpiryMs over 0');
  assert(isDuration(config.destinationDelayMs), 'Expected destinationDelayMs from 0');
  assert(decimalOf(config.withdrawalLimitUsdPerDay).gte(ZERO), 'Expected withdrawalLimitUsdPerDay from 0');
  return config;
};
