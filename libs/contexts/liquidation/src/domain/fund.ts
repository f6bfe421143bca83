import { plainSnapshot, type Decider } from '@plinth/eventing';
import { assert, formatUnits, unitsOf } from '@plinth/money';

/** Scale at which the fund counts every asset: finer than any. */
const SCALE = 18;

/** Stream fund-{cell}: the insurance fund by asset. Never below zero. */
export type FundState = ReadonlyMap<string, bigint>;

export type FundCommand =
  | Readonly<{
      kind: 'credit';
      creditId: string;
      purpose: 'capital' | 'fee' | 'returned';
      asset: string;
      amount: string;
    }>
  | Readonly<{ kind: 'cover'; liquidationId: string; accountId: string; asset: string; amount: string }>;

export type FundEvent = 'FundCredited' | 'ShortfallCovered';

/**
 * The fund pays what it has of the asset and no more; the rest is bad debt. Every command comes from one
 * event of the log, whose reaction is appended once.
 */
export const fundDecider: Decider<FundState, FundCommand, FundEvent, never> = {
  initialState: () => new Map(),

  decide: (command, state) => {
    const { asset } = command;
    const units = unitsOf(command.amount, SCALE, 'amount');
    assert(units >= 0n, () => `Expected an amount of at least 0, was ${command.amount}`);
    const before = state.get(asset) ?? 0n;
    switch (command.kind) {
      case 'credit': {
        const { creditId, purpose, amount } = command;
        if (units === 0n) return [];
        const fundAfter = formatUnits(before + units, SCALE);
        return [{ type: 'FundCredited', data: { creditId, purpose, asset, amount, fundAfter } }];
      }
      case 'cover': {
        const { liquidationId, accountId } = command;
        if (units === 0n) return [];
        const paid = units < before ? units : before;
        return [
          {
            type: 'ShortfallCovered',
            data: {
              ...{ liquidationId, accountId, asset },
              amount: formatUnits(paid, SCALE),
              uncovered: formatUnits(units - paid, SCALE),
              fundAfter: formatUnits(before - paid, SCALE),
            },
          },
        ];
      }
    }
  },

  evolve: (state, event) => {
    const { asset, fundAfter } = event.data;
    const after = unitsOf(fundAfter, SCALE, 'fundAfter');
    assert(after >= 0n, () => `Expected a fund of at least 0 ${asset}, was ${fundAfter}`);
    return new Map(state).set(asset, after);
  },
  snapshot: plainSnapshot(1),
};
