import type { CommandContext, Intent, Rejection } from '@plinth/eventing';
import { indexOf, NUMERAIRE, type Asset } from '@plinth/market';
import type { accountsMessages as m } from '@plinth/messages';
import { decimalOfUnits, moneyOfDecimal, multiply, priceOf } from '@plinth/money';
import { amountOf, LEDGER_SCALE, ofAssetUnits } from '../domain/ledger-amount.ts';
import type { AccountsConfig } from './config.ts';
import { destinationOf } from './reference-commands.ts';
import {
  accountOf,
  assetOf,
  checked,
  idOf,
  locationOf,
  oneOf,
  operatorOnly,
  positiveAmount,
  refuse,
  subAccountOf,
} from './request-checks.ts';
import { askForCash, claimOf } from './pool-cash.ts';
import { onAccount, onHouse } from './streams.ts';
import { assetTerms } from './terms.ts';
import type { AccountsViews } from './views.ts';

type Plan = readonly Intent[] | Rejection;

export const creditDeposit = (
  request: m.CreditDepositRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    operatorOnly(context);
    const account = accountOf(request.accountId, views, context);
    const subAccountId = subAccountOf(request.subAccountId, account);
    const depositId = idOf('reference', request.depositId, 'deposit_id');
    const asset = assetOf(request.asset, views);
    const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
    const location = locationOf(request.location, asset, views);
    const terms = assetTerms(asset.symbol, views);
    const facts = { subAccountId, depositId, terms, amount, location };
    return [onAccount(account.accountId, { type: 'CreditDeposit', ...facts })];
  });

const USD_SCALE = 6;

/** USD value at the mark, rounded up to 1e-6; undefined without a mark. */
export const valueUsd = (amount: bigint, { symbol }: Asset, { marks }: AccountsViews): bigint | undefined => {
  const price = symbol === NUMERAIRE ? '1' : marks.exact(indexOf(symbol))?.price;
  if (price === undefined) return undefined;
  const value = multiply(decimalOfUnits(amount, LEDGER_SCALE), priceOf(price));
  const { amount: usd } = moneyOfDecimal(value, { asset: NUMERAIRE, scale: USD_SCALE }, 'ceil');
  return ofAssetUnits(usd.units, USD_SCALE);
};

export const requestWithdrawal =
  (config: AccountsConfig) =>
  (request: m.RequestWithdrawalRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      const account = accountOf(request.accountId, views, context);
      const subAccountId = subAccountOf(request.subAccountId, account);
      const withdrawalId = idOf('reference', request.withdrawalId, 'withdrawal_id');
      const asset = assetOf(request.asset, views);
      const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
      const location = locationOf(request.location, asset, views);
      const destination = destinationOf(request.destination);
      const client = views.directory.clientOf(account.accountId);
      const allowed = client?.destinations.get(`${asset.symbol} ${destination}`);
      const facts = {
        kyc: client?.kyc ?? 'pending',
        destinationUsableAtMs: allowed?.usableAtMs,
        valueUsd: valueUsd(amount, asset, views),
        limitUsdPerDay: amountOf(config.withdrawalLimitUsdPerDay, 'withdrawalLimitUsdPerDay'),
      };
      return [
        onAccount(account.accountId, {
          type: 'RequestWithdrawal',
          subAccountId,
          withdrawalId,
          asset: asset.symbol,
          amount,
          location,
          destination,
          requestedAtMs: context.now,
          expiresAtMs: context.now + config.holdExpiryMs,
          facts,
        }),
      ];
    });

const withdrawalUnknown = (): never =>
  refuse('WITHDRAWAL_UNKNOWN', 'Expected the id of a withdrawal that is still waiting', {
    field: 'withdrawal_id',
    reason: 'missing',
  });

export const cancelWithdrawal = (
  request: m.CancelWithdrawalRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { accountId } = accountOf(request.accountId, views, context);
    const withdrawalId = idOf('reference', request.withdrawalId, 'withdrawal_id');
    const hold = views.holds.of(accountId).get(withdrawalId);
    if (hold?.kind !== 'withdrawal') return withdrawalUnknown();
    const terms = assetTerms(hold.asset, views);
    return [onAccount(accountId, { type: 'CancelWithdrawal', withdrawalId, terms })];
  });

export const requestTransfer =
  (config: AccountsConfig) =>
  (request: m.RequestTransferRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      const from = accountOf(request.accountId, views, context);
      const transferId = idOf('reference', request.transferId, 'transfer_id');
      const to = accountOf(request.toAccountId, views, context, 'to_account_id');
      // An operator moves nothing between clients either: it looks like an account that does not exist.
      if (to.clientId !== from.clientId) {
        refuse('ACCOUNT_UNKNOWN', 'Expected to_account_id to be an open account of the same client', {
          field: 'to_account_id',
          reason: 'missing',
        });
      }
      if (to.accountId === from.accountId) {
        refuse(
          'INVALID_FIELD',
          'Expected to_account_id to be another account: MoveCollateral moves inside one',
          {
            field: 'to_account_id',
            reason: 'invalid',
          },
        );
      }
      const asset = assetOf(request.asset, views);
      const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
      const fromLocation = locationOf(request.fromLocation, asset, views, 'from_location');
      const toLocation =
        request.toLocation === ''
          ? fromLocation
          : locationOf(request.toLocation, asset, views, 'to_location');
      return [
        onAccount(from.accountId, {
          type: 'RequestTransfer',
          transferId,
          toAccountId: to.accountId,
          asset: asset.symbol,
          amount,
          fromLocation,
          toLocation,
          expiresAtMs: context.now + config.holdExpiryMs,
        }),
      ];
    });

export const moveCollateral = (
  request: m.MoveCollateralRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const account = accountOf(request.accountId, views, context);
    const moveId = idOf('reference', request.moveId, 'move_id');
    const fromSubAccountId = subAccountOf(request.fromSubAccountId, account, 'from_sub_account_id');
    const toSubAccountId = subAccountOf(request.toSubAccountId, account, 'to_sub_account_id');
    const asset = assetOf(request.asset, views);
    const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
    const fromLocation = locationOf(request.fromLocation, asset, views, 'from_location');
    const toLocation = locationOf(request.toLocation, asset, views, 'to_location');
    if (fromLocation === toLocation && fromSubAccountId === toSubAccountId) {
      refuse(
        'INVALID_FIELD',
        'Expected to_location (or to_sub_account_id) to differ from where the money is',
        {
          field: 'to_location',
          reason: 'invalid',
        },
      );
    }
    const places = { fromSubAccountId, toSubAccountId, fromLocation, toLocation };
    const command = { type: 'MoveCollateral', moveId, asset: asset.symbol, amount, ...places } as const;
    return [onAccount(account.accountId, command)];
  });

const openPool = (asset: Asset, { pools }: AccountsViews): void => {
  if (pools.opened.has(asset.symbol)) return;
  refuse('POOL_UNKNOWN', `Expected an asset with a lending pool, was ${asset.symbol}`, {
    field: 'asset',
    reason: 'missing',
  });
};

export const supplyToPool = (
  request: m.SupplyToPoolRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { accountId } = accountOf(request.accountId, views, context);
    const asset = assetOf(request.asset, views);
    openPool(asset, views);
    const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
    const location = locationOf(request.location, asset, views);
    const terms = assetTerms(asset.symbol, views);
    return [onAccount(accountId, { type: 'SupplyToPool', terms, amount, location })];
  });

const amountOrAll = (text: string, asset: Asset): bigint | 'all' =>
  text === 'all' ? 'all' : positiveAmount(text, asset.scale, asset.symbol);

export const redeemFromPool = (
  request: m.RedeemFromPoolRequest,
  views: AccountsViews,
  context: CommandContext,
): Plan =>
  checked(() => {
    const { accountId } = accountOf(request.accountId, views, context);
    const asset = assetOf(request.asset, views);
    openPool(asset, views);
    const amount = amountOrAll(request.amount, asset);
    const location = locationOf(request.location, asset, views);
    const granted = amount === 'all' ? claimOf(accountId, asset.symbol, views) : amount;
    const terms = assetTerms(asset.symbol, views);
    const command = { type: 'RedeemFromPool', terms, amount, location, granted } as const;
    return [onAccount(accountId, command), askForCash(accountId, asset.symbol, granted, '', views)];
  });

export const repayLoan = (request: m.RepayLoanRequest, views: AccountsViews, context: CommandContext): Plan =>
  checked(() => {
    const { accountId } = accountOf(request.accountId, views, context);
    const asset = assetOf(request.asset, views);
    const amount = amountOrAll(request.amount, asset);
    const location = locationOf(request.location, asset, views);
    const terms = assetTerms(asset.symbol, views);
    return [onAccount(accountId, { type: 'RepayLoan', terms, amount, location })];
  });

export const fundHouse =
  (config: AccountsConfig) =>
  (request: m.FundHouseRequest, views: AccountsViews, context: CommandContext): Plan =>
    checked(() => {
      operatorOnly(context);
      const fundingId = idOf('reference', request.fundingId, 'funding_id');
      const purpose = oneOf(['insurance', 'pool'], request.purpose, 'purpose');
      const asset = assetOf(request.asset, views);
      if (purpose === 'pool') openPool(asset, views);
      const amount = positiveAmount(request.amount, asset.scale, asset.symbol);
      return [onHouse(config.cell, { type: 'FundHouse', fundingId, purpose, asset: asset.symbol, amount })];
    });
