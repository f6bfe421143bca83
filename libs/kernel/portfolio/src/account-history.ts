import type { Envelope } from '@plinth/eventing';
import {
  POOLS_LOCATION,
  RiskModel,
  type AccountContent,
  type Flow,
  type FlowKind,
  type Standing,
} from '@plinth/margin';
import { parseClientAccount } from '@plinth/market';
import type { Posting } from '@plinth/messages';
import { textToFloat } from '@plinth/money';
import type { PortfolioView } from './portfolio-view.ts';

const NOTHING: AccountContent = { positions: [], balances: [], debts: [] };

/** An account as a fold has it: nothing where it is not open yet. The fold must have parameters. */
export const standingOf = (portfolio: PortfolioView, accountId: string): Standing => {
  const { model } = portfolio.kernel;
  model.refresh();
  return { model, content: portfolio.hasAccount(accountId) ? portfolio.contentOf(accountId) : NOTHING };
};

/** A model with the prices of now, which what is folded later does not change. */
export const keepStanding = ({ model, content }: Standing): Standing => ({
  model: new RiskModel(model.parameters, model.catalogue, model.market.copy()),
  content,
});

const TRANSFERS = new Set([
  ...['DepositCredited', 'WithdrawalRequested', 'WithdrawalReleased'],
  ...['TransferRequested', 'TransferReceived', 'TransferReleased'],
]);

/** What an event brought to or took from an account, but for what it traded. */
export const flowsOf = (event: Envelope, accountId: string): readonly Flow[] => {
  const { type, data } = event;
  if (TRANSFERS.has(type) && 'postings' in data) return clientFlows(data.postings, accountId, 'transfers');
  switch (type) {
    case 'FundingPosted':
      return clientFlows(event.data.postings, accountId, 'funding');
    case 'LiquidationFeeCharged':
      return clientFlows(event.data.postings, accountId, 'fees');
    case 'FillBooked': {
      const { fee, feeAsset } = event.data;
      if (event.data.accountId !== accountId || feeAsset === '') return [];
      return [{ kind: 'fees', asset: feeAsset, amount: -textToFloat(fee) }];
    }
    case 'InsurancePosted':
    case 'BadDebtRecorded': {
      const { asset, amount } = event.data;
      return event.data.accountId === accountId
        ? [{ kind: 'other postings', asset, amount: textToFloat(amount) }]
        : [];
    }
    default:
      return [];
  }
};

const clientFlows = (postings: readonly Posting[], accountId: string, kind: FlowKind): readonly Flow[] =>
  postings.flatMap(({ account, asset, amount }) =>
    parseClientAccount(account)?.accountId === accountId
      ? [{ kind, asset, amount: textToFloat(amount) }]
      : [],
  );

/** What is part of the account until risk approves its leaving: not gone yet, though it was requested. */
export const heldFlows = ({ holds }: PortfolioView, accountId: string, sign: 1 | -1): readonly Flow[] =>
  [...holds.of(accountId).values()].flatMap(({ asset, amount, isApproved }) =>
    isApproved ? [] : [{ kind: 'transfers', asset, amount: sign * textToFloat(amount) } as const],
  );

/** Lending indices at a position: what debts and claims have grown by. */
export type LendingIndices = ReadonlyMap<string, Readonly<{ borrow: number; supply: number }>>;

export const lendingIndices = ({ pools }: PortfolioView, content: AccountContent): LendingIndices => {
  const assets = [...content.debts, ...content.balances].map(({ asset }) => asset);
  return new Map(
    [...new Set(assets)].map((asset) => [
      asset,
      { borrow: textToFloat(pools.borrowIndex(asset)), supply: textToFloat(pools.supplyIndex(asset)) },
    ]),
  );
};

/** Interest on what was owed and lent at the beginning, while the indices grew. */
export const interestFlows = (
  { debts, balances }: AccountContent,
  earlier: LendingIndices,
  later: LendingIndices,
): readonly Flow[] => {
  const grown = (asset: string, side: 'borrow' | 'supply'): number => {
    const [from, to] = [earlier.get(asset)?.[side] ?? 1, later.get(asset)?.[side] ?? 1];
    return to / from - 1;
  };
  const interest = (asset: string, amount: number): Flow => ({ kind: 'interest', asset, amount });
  return [
    ...debts.map(({ asset, amount }) => interest(asset, -amount * grown(asset, 'borrow'))),
    ...balances
      .filter(({ location }) => location === POOLS_LOCATION)
      .map(({ asset, amount }) => interest(asset, amount * grown(asset, 'supply'))),
  ];
};
