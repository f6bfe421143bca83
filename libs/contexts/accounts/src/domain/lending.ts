import { reject, type Decider } from '@plinth/eventing';
import type { AccountsCode } from './codes.ts';
import { amountOf, amountText, minAmount } from './ledger-amount.ts';

/**
 * A redemption asks the pool for cash. `cash` and `reflected` are of one position of the log: the pool's cash
 * there, and how much of everything ever granted that cash already lacks.
 */
export type GrantCash = Readonly<{
  type: 'GrantCash';
  asset: string;
  accountId: string;
  /** Empty when the account itself asks: then it is all or nothing. A liquidation takes what there is. */
  liquidationId: string;
  amount: bigint;
  cash: bigint;
  reflected: bigint;
}>;

export type LendingState = Readonly<{ granted: bigint }>;

/**
 * Stream lending-{asset}: what was granted and has not left the cash yet is not granted again, whichever
 * account asks and however old the view is that it asks with.
 */
export const lendingDecider: Decider<LendingState, GrantCash, 'PoolCashGranted', AccountsCode> = {
  initialState: () => ({ granted: 0n }),

  decide: (command, state) => {
    const { asset, accountId, liquidationId } = command;
    const free = command.cash - (state.granted - command.reflected);
    const available = free < 0n ? 0n : free;
    if (liquidationId === '' && command.amount > available) {
      return reject(
        'POOL_DRY',
        'Expected at most the cash of the pool: ask for less, or wait for repayments',
        {
          field: 'amount',
          details: { asset, available: amountText(available) },
        },
      );
    }
    const amount = minAmount(command.amount, available);
    return [
      {
        type: 'PoolCashGranted',
        data: {
          ...{ asset, accountId, liquidationId },
          amount: amountText(amount),
          grantedTotal: amountText(state.granted + amount),
        },
      },
    ];
  },

  evolve: (_, { data }) => ({ granted: amountOf(data.grantedTotal, 'grantedTotal') }),
};
