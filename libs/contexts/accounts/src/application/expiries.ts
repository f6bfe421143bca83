import type { Intent } from '@plinth/eventing';
import { assert } from '@plinth/money';
import type { FixedSettlement } from '@plinth/views';
import { LIMITS } from '../domain/limits.ts';
import type { AccountsConfig } from './config.ts';
import { onAccount, onHouse } from './streams.ts';
import { assetTerms, fillInstrument } from './terms.ts';
import type { AccountsViews } from './views.ts';

const settlementOf = (settlementId: string, views: AccountsViews): FixedSettlement => {
  const settlement = views.settlements.fixed(settlementId);
  assert(settlement !== undefined, () => `Expected a settlement that is fixed, was ${settlementId}`);
  return settlement;
};

/** Ends an account's positions in contracts that were settled. */
export const settleAccount = (
  accountId: string,
  settlementId: string,
  instrumentIds: readonly string[],
  views: AccountsViews,
): Intent => {
  const contracts = new Map(instrumentIds.map((id) => [id, fillInstrument(id, views)] as const));
  const assets = new Set([...contracts.values()].map(({ quoteAsset }) => quoteAsset));
  const terms = new Map([...assets].map((asset) => [asset, assetTerms(asset, views)] as const));
  const { price } = settlementOf(settlementId, views);
  return onAccount(accountId, { type: 'SettleContracts', settlementId, price, contracts, terms });
};

/** One step of an expiry: the next holders of anything that expired, by account id. */
export const settleExpiry = (
  settlementId: string,
  after: string,
  views: AccountsViews,
  { cell }: AccountsConfig,
): readonly Intent[] => {
  const heldBy = (accountId: string): readonly string[] => {
    const ids = [...views.positions.of(accountId).values()].map(({ instrumentId }) => instrumentId);
    return [...new Set(ids)].filter((id) => views.settlements.settled(id) === settlementId);
  };
  const holders = [...views.positions.accountIds()]
    .filter((id) => id > after && heldBy(id).length > 0)
    .sort();
  const step = holders.slice(0, LIMITS.accountsPerStepMax);
  const lastAccountId = step.at(-1) ?? after;
  const done = holders.length === step.length;
  const advance = { purpose: 'expiry', settlementId, subject: settlementId, lastAccountId, done } as const;
  return [
    ...step.map((id) => settleAccount(id, settlementId, heldBy(id), views)),
    onHouse(cell, { type: 'AdvanceSettlement', ...advance }),
  ];
};
