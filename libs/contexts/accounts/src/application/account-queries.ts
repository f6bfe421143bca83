import type { Rejection } from '@plinth/eventing';
import type { accountsMessages as m } from '@plinth/messages';
import { formatUnits, lendingIndexOf, priceOf, type Index, type Rounding } from '@plinth/money';
import { QUANTITY_SCALE, type IndexedAmount, type Position } from '@plinth/views';
import { contractTerms } from '../domain/fills.ts';
import { amountOf, amountText, ofAssetUnits } from '../domain/ledger-amount.ts';
import { interestOn } from '../domain/loans.ts';
import { positionValue } from '../domain/position.ts';
import { byKey, page, pageSizeOf } from './paging.ts';
import { accountOf, checked, idOf, OPERATOR } from './request-checks.ts';
import { fillInstrument } from './terms.ts';
import type { AccountsViews } from './views.ts';

/** Queries are let in by the gateway, which has checked whose they are. */
export const READER = {
  now: 0,
  tenant: OPERATOR,
  cause: { correlationId: '', causationId: '', actor: OPERATOR },
};

const grown = (asset: string, booked: IndexedAmount, now: Index, scale: number, rounding: Rounding) => {
  const amount = ofAssetUnits(booked.units, scale);
  const interest = interestOn({ amount, index: booked.indexThen }, now, scale, rounding);
  return {
    asset,
    booked: amountText(amount),
    accrued: amountText(interest),
    amount: amountText(amount + interest),
    indexThen: booked.indexThen,
  };
};

export const positionInfo = (position: Position, views: AccountsViews): m.PositionInfo => {
  const { instrumentId, venueId, units, entryPrice, entryCost } = position;
  const instrument = fillInstrument(instrumentId, views);
  const mark = views.marks.exact(instrumentId)?.price ?? '';
  const terms = contractTerms(instrument, views.reference.scaleOf(instrument.quoteAsset));
  const profit =
    mark === ''
      ? ''
      : amountText(positionValue(units, priceOf(mark), terms, 'floor') - amountOf(entryCost, 'entryCost'));
  return {
    instrumentId,
    venueId,
    quantity: formatUnits(units, QUANTITY_SCALE),
    entryPrice,
    entryCost,
    settlementAsset: instrument.quoteAsset,
    markPrice: mark,
    unrealisedProfit: profit,
  };
};

const positionsOf = (accountId: string, views: AccountsViews): readonly m.PositionInfo[] =>
  [...views.positions.of(accountId)]
    .sort(byKey(([key]) => key))
    .map(([, position]) => positionInfo(position, views));

export const getAccount = (request: m.GetAccountRequest, views: AccountsViews): m.AccountInfo | Rejection =>
  checked(() => {
    const account = accountOf(request.accountId, views, READER);
    const { accountId } = account;
    const { ledger, reference, pools } = views;
    const balances = [...ledger.balancesOf(accountId).values()]
      .sort(byKey((balance) => balance.ledgerAccount))
      .map(({ subAccountId, asset, location, units }) => ({
        subAccountId,
        asset,
        location,
        amount: formatUnits(units, reference.scaleOf(asset)),
      }));
    const holds = [...views.holds.of(accountId).values()].sort(byKey((hold) => hold.holdId));
    const debts = [...ledger.debtsOf(accountId)].sort(byKey(([asset]) => asset));
    const supplied = [...ledger.suppliedOf(accountId)].sort(byKey(([asset]) => asset));
    return {
      accountId,
      clientId: account.clientId,
      name: account.name,
      subAccountIds: [...account.subAccountIds],
      balances,
      holds: holds.map(({ holdId, kind, asset, amount, location, destination, expiresAtMs }) => ({
        ...{ holdId, kind, asset, amount, location, destination, expiresAtMs },
      })),
      debts: debts.map(([asset, debt]) =>
        grown(asset, debt, lendingIndexOf(pools.borrowIndex(asset)), reference.scaleOf(asset), 'up'),
      ),
      supplied: supplied.map(([asset, claim]) =>
        grown(asset, claim, lendingIndexOf(pools.supplyIndex(asset)), reference.scaleOf(asset), 'down'),
      ),
      positions: [...positionsOf(accountId, views)],
    };
  });

export const listAccounts = (
  request: m.ListAccountsRequest,
  views: AccountsViews,
): m.ListAccountsResponse | Rejection =>
  checked(() => {
    const { clientId, pageToken } = request;
    const size = pageSizeOf(request.pageSize);
    if (clientId !== '') idOf('client', clientId, 'client_id');
    const ids =
      clientId === ''
        ? [...views.directory.accounts.keys()]
        : (views.directory.clients.get(clientId)?.accountIds ?? []);
    const { items, nextPageToken } = page([...ids].sort(), (id) => id, pageToken, size);
    const accounts = items.map((id) => {
      const { accountId, clientId: owner, name, subAccountIds } = accountOf(id, views, READER);
      return { accountId, clientId: owner, name, subAccountIds: [...subAccountIds] };
    });
    return { accounts, nextPageToken };
  });

export const listPositions = (
  request: m.ListPositionsRequest,
  views: AccountsViews,
): m.ListPositionsResponse | Rejection =>
  checked(() => {
    const { accountId, instrumentId, pageToken } = request;
    const size = pageSizeOf(request.pageSize);
    if (accountId !== '') accountOf(accountId, views, READER);
    if (instrumentId !== '') idOf('instrument', instrumentId, 'instrument_id');
    const accountIds = accountId === '' ? [...views.positions.accountIds()] : [accountId];
    const found = accountIds.flatMap((id) =>
      [...views.positions.of(id)]
        .filter(([, position]) => instrumentId === '' || position.instrumentId === instrumentId)
        .map(([key, position]) => ({ key: `${id} ${key}`, id, position })),
    );
    found.sort(byKey((item) => item.key));
    const { items, nextPageToken } = page(found, (item) => item.key, pageToken, size);
    const positions = items.map(({ id, position }) => ({
      accountId: id,
      position: positionInfo(position, views),
    }));
    return { positions, nextPageToken };
  });

export const listEntries = (
  request: m.ListEntriesRequest,
  views: AccountsViews,
): m.ListEntriesResponse | Rejection =>
  checked(() => {
    const { accountId } = accountOf(request.accountId, views, READER);
    const { afterPosition, toPosition, asset } = request;
    if (asset !== '') idOf('asset', asset, 'asset');
    const size = pageSizeOf(request.pageSize);
    const { entries, forgotten } = views.statements.of(accountId);
    const wanted = entries.filter(
      ({ position, postings }) =>
        position > afterPosition &&
        (toPosition === 0n || position <= toPosition) &&
        (asset === '' || postings.some((posting) => posting.asset === asset)),
    );
    const shown = wanted.slice(0, size);
    const more = wanted.length > shown.length;
    return {
      entries: shown.map(({ position, at, event, reference, postings }) => ({
        ...{ position, event, reference },
        atMs: at,
        postings: [...postings],
      })),
      nextAfterPosition: more ? (shown.at(-1)?.position ?? 0n) : 0n,
      forgottenToPosition: forgotten > afterPosition ? forgotten : 0n,
    };
  });
