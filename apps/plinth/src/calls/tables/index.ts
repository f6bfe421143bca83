import type { Call } from '../call.ts';
import { ACCOUNT_CALLS } from './accounts.ts';
import { LENDING_CALLS } from './lending.ts';
import { MARGIN_CALLS } from './margin.ts';
import { STRESS_CALLS } from './stress.ts';
import { TRADING_CALLS } from './trading.ts';

/** Every command that is one call of the gateway, in the order in which the help lists them. */
export const CALLS: readonly Call[] = [
  ...ACCOUNT_CALLS,
  ...TRADING_CALLS,
  ...MARGIN_CALLS,
  ...STRESS_CALLS,
  ...LENDING_CALLS,
];
