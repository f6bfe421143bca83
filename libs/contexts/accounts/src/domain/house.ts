import { reject, type Decider, type NewEvent, type Rejection } from '@plinth/eventing';
import { EXTERNAL, HOUSE_INSURANCE, poolCash, poolInterest, reserveAccount, ROUNDING } from '@plinth/market';
import type { AccountsCode } from './codes.ts';
import { KnownIds } from './known-ids.ts';
import { amountText } from './ledger-amount.ts';
import { LIMITS } from './limits.ts';
import { move } from './postings.ts';

export type HousePurpose = 'insurance' | 'pool';
export type SettlementPurpose = 'interest' | 'funding' | 'expiry';

export type DistributeInterest = Readonly<{
  type: 'DistributeInterest';
  asset: string;
  settlementId: string;
  /**
   * What borrowers were charged, lenders earned, and both roundings together gained (whole units), at ledger
   * scale.
   */
  charged: bigint;
  earned: bigint;
  rounding: bigint;
  throughPosition: bigint;
}>;

export type HouseCommand =
  | Readonly<{ type: 'FundHouse'; fundingId: string; purpose: HousePurpose; asset: string; amount: bigint }>
  | Readonly<{
      type: 'AdvanceSettlement';
      purpose: SettlementPurpose;
      settlementId: string;
      subject: string;
      lastAccountId: string;
      done: boolean;
    }>
  | DistributeInterest;

export type HouseEvent = 'HouseFunded' | 'InterestDistributed' | 'SettlementAdvanced';
export type HouseState = Readonly<{ fundings: KnownIds }>;

const fund = (
  command: Extract<HouseCommand, { type: 'FundHouse' }>,
  state: HouseState,
): readonly NewEvent<HouseEvent>[] | Rejection<AccountsCode> => {
  const { fundingId, purpose, asset, amount } = command;
  if (state.fundings.has(fundingId)) {
    return reject('REFERENCE_EXISTS', `Expected a new funding id, was ${fundingId}`, {
      field: 'funding_id',
      reason: 'exists',
    });
  }
  if (state.fundings.size >= LIMITS.fundingsMax) {
    return reject('LIMIT_REACHED', `Expected at most ${LIMITS.fundingsMax} fundings of one cell`);
  }
  const to = purpose === 'insurance' ? HOUSE_INSURANCE : poolCash(asset);
  const postings = [...move(EXTERNAL, to, asset, amount)];
  return [{ type: 'HouseFunded', data: { fundingId, purpose, asset, amount: amountText(amount), postings } }];
};

/**
 * What borrowers were charged and lenders did not earn belongs to the house: whole units that rounding alone
 * produced go to `rounding`, the rest to the reserve. charged = earned + reserve + rounding, exactly, by
 * construction. The reserve's part can be negative when lenders were credited in an earlier interval than the
 * borrowers were charged.
 */
const distribute = (command: DistributeInterest): readonly NewEvent<HouseEvent>[] => {
  const { asset, settlementId, charged, earned, rounding, throughPosition } = command;
  const reserve = charged - earned - rounding;
  if (charged === 0n && earned === 0n && rounding === 0n) return [];
  const postings = [
    ...move(poolInterest(asset), reserveAccount(asset), asset, reserve),
    ...move(poolInterest(asset), ROUNDING, asset, rounding),
  ];
  return [
    {
      type: 'InterestDistributed',
      data: {
        asset,
        settlementId,
        borrowerInterest: amountText(charged),
        lenderInterest: amountText(earned),
        reserve: amountText(reserve),
        rounding: amountText(rounding),
        postings,
        throughPosition,
      },
    },
  ];
};

/** Stream house-{cell}: the house's own money, and how far postings to many accounts have got. */
export const houseDecider: Decider<HouseState, HouseCommand, HouseEvent, AccountsCode> = {
  initialState: () => ({ fundings: KnownIds.EMPTY }),
  decide: (command, state) => {
    switch (command.type) {
      case 'FundHouse':
        return fund(command, state);
      case 'AdvanceSettlement': {
        const { type: _, ...data } = command;
        return [{ type: 'SettlementAdvanced', data }];
      }
      case 'DistributeInterest':
        return distribute(command);
    }
  },
  evolve: (state, event) =>
    event.type === 'HouseFunded' ? { fundings: state.fundings.with(event.data.fundingId) } : state,
  snapshot: {
    revision: 1,
    dump: ({ fundings }) => ({ fundings: fundings.ids }),
    load: ({ fundings }: Readonly<{ fundings: readonly string[] }>) => ({ fundings: KnownIds.of(fundings) }),
  },
};
