import type { Envelope, Intent } from '@plinth/eventing';
import { clearingAccount, settlementIdOf, venueLocation } from '@plinth/market';
import type { AssetPrice, EventData } from '@plinth/messages';
import { assert, decimalOf, moneyOfDecimal, type Rounding } from '@plinth/money';
import type { AssetTerms } from '../domain/loans.ts';
import { amountOf, ofAssetUnits } from '../domain/ledger-amount.ts';
import { LIMITS } from '../domain/limits.ts';
import type { AccountsConfig } from './config.ts';
import { settleAccount, settleExpiry } from './expiries.ts';
import type { PendingHold } from './holds-view.ts';
import { askForCash, claimOf } from './pool-cash.ts';
import { onAccount, onHouse } from './streams.ts';
import { assetTerms, fillInstrument } from './terms.ts';
import type { AccountsViews } from './views.ts';

type Cause = 'refused' | 'expired';

const release = (hold: PendingHold, cause: Cause, reason: string, views: AccountsViews): Intent =>
  onAccount(hold.accountId, {
    type: 'ReleaseHold',
    holdId: hold.holdId,
    terms: assetTerms(hold.asset, views),
    cause,
    reason,
  });

/** Money leaves only for a client that is (still) approved when risk has answered. */
const payOut = (hold: PendingHold, views: AccountsViews): Intent => {
  const kyc = views.directory.clientOf(hold.accountId)?.kyc;
  return kyc === 'approved'
    ? onAccount(hold.accountId, { type: 'SettleWithdrawal', withdrawalId: hold.holdId })
    : release(hold, 'refused', `KYC state ${kyc ?? 'unknown'}`, views);
};

/**
 * Both sides in one append: either both accounts have it, or none. To another cell only this side: the other
 * one follows when that cell has taken it over. Another client gets money only from one that is still
 * approved.
 */
const transfer = (hold: PendingHold, views: AccountsViews, { cell }: AccountsConfig): readonly Intent[] => {
  const { accountId, holdId: transferId, asset, destination, toLocation, toCell, toClientId } = hold;
  const client = views.directory.clientOf(accountId);
  if (toClientId !== '' && client?.kyc !== 'approved')
    return [release(hold, 'refused', `KYC state ${client?.kyc ?? 'unknown'}`, views)];
  if (toCell !== '')
    return [onAccount(accountId, { type: 'SendTransfer', transferId, clearing: clearingAccount(toCell) })];
  const clearing = clearingAccount(cell);
  return [
    onAccount(accountId, { type: 'SendTransfer', transferId, clearing }),
    onAccount(destination, {
      type: 'ReceiveTransfer',
      transferId,
      fromAccountId: accountId,
      terms: assetTerms(asset, views),
      amount: amountOf(hold.amount, 'amount'),
      location: toLocation,
      clearing,
      fromClientId: toClientId === '' ? '' : (client?.clientId ?? ''),
      fromCell: '',
    }),
  ];
};

/** A fill of a contract that has been settled already ends at the settlement price at once. */
const takeFill = (fill: EventData<'ChildFilled'>, views: AccountsViews): readonly Intent[] => {
  const settlementId = views.settlements.settled(fill.instrumentId);
  return settlementId === undefined
    ? [bookFill(fill, views)]
    : [bookFill(fill, views), settleAccount(fill.accountId, settlementId, [fill.instrumentId], views)];
};

const bookFill = (fill: EventData<'ChildFilled'>, views: AccountsViews): Intent => {
  const instrument = fillInstrument(fill.instrumentId, views);
  const assets = [instrument.quoteAsset];
  if (instrument.kind === 'spot') assets.push(instrument.underlying);
  if (fill.feeAsset !== '') assets.push(fill.feeAsset);
  const terms = new Map<string, AssetTerms>(assets.map((asset) => [asset, assetTerms(asset, views)]));
  // A fill that arrives after its order was closed is booked to the account itself.
  const subAccountId = views.orders.order(fill.orderId)?.placed.subAccountId ?? '';
  return onAccount(fill.accountId, { type: 'BookFill', fill, subAccountId, instrument, terms });
};

/** One step of a pool's settlement: interest of the next accounts by id, and how far it got. */
const settleInterest = (
  asset: string,
  settlementId: string,
  after: string,
  views: AccountsViews,
  { cell }: AccountsConfig,
): readonly Intent[] => {
  const { accountIds, more } = views.interest.participants(asset, after);
  const terms = assetTerms(asset, views);
  return [
    ...accountIds.map((accountId) => onAccount(accountId, { type: 'AccrueInterest', terms })),
    onHouse(cell, {
      type: 'AdvanceSettlement',
      purpose: 'interest',
      settlementId,
      subject: asset,
      lastAccountId: accountIds.at(-1) ?? after,
      done: !more,
    }),
  ];
};

/**
 * After the last step every charge and credit has a place in the log before this event, so that the sums are
 * exact, whatever happened between.
 */
const distribute = (
  { subject: asset, settlementId }: EventData<'SettlementAdvanced'>,
  throughPosition: bigint,
  views: AccountsViews,
  { cell }: AccountsConfig,
): readonly Intent[] => {
  const sums = views.interest.undistributed(asset);
  return [onHouse(cell, { type: 'DistributeInterest', asset, settlementId, throughPosition, ...sums })];
};

/** One step of a funding: the next holders of the perpetual at that venue by account id. */
const settleFunding = (
  fundingId: string,
  after: string,
  views: AccountsViews,
  { cell }: AccountsConfig,
): readonly Intent[] => {
  const funding = views.fundings.running(fundingId);
  assert(funding !== undefined, () => `Expected a funding under way, was ${fundingId}`);
  const { instrumentId, venueId } = funding;
  const holders = [...views.positions.accountIds()]
    .filter((id) => id > after && views.positions.position(id, instrumentId, venueId) !== undefined)
    .sort();
  const step = holders.slice(0, LIMITS.accountsPerStepMax);
  const instrument = fillInstrument(instrumentId, views);
  const terms = assetTerms(instrument.quoteAsset, views);
  const intents = step.map((accountId) => {
    const units = views.positions.position(accountId, instrumentId, venueId)?.units ?? 0n;
    return onAccount(accountId, { type: 'PostFunding', funding, instrument, units, terms });
  });
  const lastAccountId = step.at(-1) ?? after;
  const done = holders.length === step.length;
  const subject = `${instrumentId} ${venueId}`;
  const advance = { purpose: 'funding', settlementId: fundingId, subject, lastAccountId, done } as const;
  return [...intents, onHouse(cell, { type: 'AdvanceSettlement', ...advance })];
};

const advance = (
  event: Envelope<'SettlementAdvanced'>,
  views: AccountsViews,
  config: AccountsConfig,
): readonly Intent[] => {
  const { purpose, settlementId, subject, lastAccountId, done } = event.data;
  if (purpose === 'interest') {
    return done
      ? distribute(event.data, event.position, views, config)
      : settleInterest(subject, settlementId, lastAccountId, views, config);
  }
  if (done) return [];
  if (purpose === 'expiry') return settleExpiry(settlementId, lastAccountId, views, config);
  return settleFunding(settlementId, lastAccountId, views, config);
};

/** A figure that was measured in USD with 8 decimals, in whole units of the asset. */
const inUnits = (text: string, terms: AssetTerms, rounding: Rounding): bigint =>
  ofAssetUnits(moneyOfDecimal(decimalOf(text, 'amount'), terms, rounding).amount.units, terms.scale);

const liquidationFee = (data: EventData<'LiquidationFeeSet'>, views: AccountsViews): Intent => {
  const { accountId, liquidationId, asset } = data;
  const terms = assetTerms(asset, views);
  const amount = inUnits(data.amount, terms, 'floor');
  return onAccount(accountId, { type: 'ChargeLiquidationFee', liquidationId, terms, amount });
};

const shortfall = (data: EventData<'ShortfallCovered'>, views: AccountsViews): Intent => {
  const { accountId, liquidationId, asset } = data;
  const terms = assetTerms(asset, views);
  const insured = inUnits(data.amount, terms, 'floor');
  const uncovered = inUnits(data.uncovered, terms, 'ceil');
  return onAccount(accountId, { type: 'CoverShortfall', liquidationId, terms, insured, uncovered });
};

/** Where money goes that comes back from a pool: where the account has some already, else the first vault. */
const homeOf = (accountId: string, asset: string, { ledger, reference }: AccountsViews): string => {
  const places = [...ledger.balancesOf(accountId).values()].sort((a, b) =>
    a.ledgerAccount < b.ledgerAccount ? -1 : 1,
  );
  const [chain] = reference.asset(asset).chains;
  const [venue] = reference.venues.keys();
  return places[0]?.location ?? (chain === undefined ? venueLocation(venue ?? '') : `vault:${chain}`);
};

/** Every claim that a liquidation calls back asks its pool for cash; the pool's answer comes as an event. */
const recallClaims = (data: EventData<'ClaimsRecalled'>, views: AccountsViews): readonly Intent[] =>
  data.assets.map((asset) => {
    const amount = claimOf(data.accountId, asset, views);
    return askForCash(data.accountId, asset, amount, data.liquidationId, views);
  });

const recallClaim = (data: EventData<'PoolCashGranted'>, views: AccountsViews): Intent =>
  onAccount(data.accountId, {
    type: 'RecallClaim',
    liquidationId: data.liquidationId,
    terms: assetTerms(data.asset, views),
    granted: amountOf(data.amount, 'amount'),
    location: homeOf(data.accountId, data.asset, views),
  });

const takeOver = (data: EventData<'TakeoverOrdered'>, views: AccountsViews): Intent => {
  const priced = (items: readonly AssetPrice[]) =>
    items.map(({ asset, price }) => ({ terms: assetTerms(asset, views), price: amountOf(price, 'price') }));
  const { accountId, liquidationId, collateral, debts } = data;
  return onAccount(accountId, {
    type: 'TakeOverCollateral',
    ...{ liquidationId, collateral: priced(collateral), debts: priced(debts) },
  });
};

/**
 * What accounts does about what others have said. Every intent is a fact to book: a refusal would be a bug.
 */
export const react =
  (config: AccountsConfig) =>
  (event: Envelope, views: AccountsViews): readonly Intent[] => {
    const { answered } = views.holds;
    switch (event.type) {
      case 'WithdrawalApproved':
        return answered.map((hold) => payOut(hold, views));
      case 'TransferApproved':
        return answered.flatMap((hold) => transfer(hold, views, config));
      case 'WithdrawalRefused':
      case 'TransferRefused':
        return answered.map((hold) =>
          release(hold, 'refused', `${event.data.code}: ${event.data.message}`, views),
        );
      case 'TimerFired':
        return answered.map((hold) => release(hold, 'expired', 'No answer in time', views));
      case 'ChildFilled':
        return takeFill(event.data, views);
      case 'PoolAccrued':
        if (event.data.settlementId === '') return [];
        return settleInterest(event.data.asset, event.data.settlementId, '', views, config);
      case 'SettlementAdvanced':
        return advance(event, views, config);
      case 'FundingRateSet':
        return settleFunding(event.data.fundingId, '', views, config);
      case 'SettlementPriceFixed': {
        const { underlying, priceAsset, expiresAtMs } = event.data;
        return settleExpiry(settlementIdOf(underlying, priceAsset, expiresAtMs), '', views, config);
      }
      case 'LiquidationFeeSet':
        return [liquidationFee(event.data, views)];
      case 'ShortfallCovered':
        return [shortfall(event.data, views)];
      case 'ClaimsRecalled':
        return recallClaims(event.data, views);
      case 'PoolCashGranted':
        return event.data.liquidationId === '' ? [] : [recallClaim(event.data, views)];
      case 'TakeoverOrdered':
        return [takeOver(event.data, views)];
      default:
        return [];
    }
  };
