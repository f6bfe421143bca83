import type { Posting } from '@plinth/messages';
import { amountText } from './ledger-amount.ts';

/** `amount` leaves the first ledger account and arrives on the second; nothing when it is zero. */
export const move = (from: string, to: string, asset: string, amount: bigint): readonly Posting[] =>
  amount === 0n
    ? []
    : [
        { account: from, asset, amount: amountText(-amount) },
        { account: to, asset, amount: amountText(amount) },
      ];
