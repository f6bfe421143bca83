import { reject, type Rejection } from '@plinth/eventing';
import type { accountsMessages as m } from '@plinth/messages';
import { formatUnits } from '@plinth/money';
import type { AccountsCode } from '../domain/codes.ts';
import { LIMITS } from '../domain/limits.ts';
import { READER } from './account-queries.ts';
import type { ApiKey } from './directory-view.ts';
import { byKey, page, pageSizeOf } from './paging.ts';
import { checked, clientOf, idOf, refuse } from './request-checks.ts';
import type { AccountsViews } from './views.ts';

const keyInfo = (key: ApiKey, kyc: string): m.ApiKeyInfo => ({
  keyId: key.keyId,
  clientId: key.clientId,
  algorithm: key.algorithm,
  verifier: key.verifier,
  scopes: [...key.scopes],
  revoked: key.revoked,
  clientKycState: kyc,
});

export const getClient = (request: m.GetClientRequest, views: AccountsViews): m.ClientInfo | Rejection =>
  checked(() => {
    const client = clientOf(request.clientId, views, READER);
    const { clientId, name, jurisdiction, kyc } = client;
    return {
      ...{ clientId, name, jurisdiction },
      kycState: kyc,
      keys: [...client.keys.values()].map((key) => keyInfo(key, kyc)),
      destinations: [...client.destinations.values()].map((destination) => ({ ...destination })),
      accountIds: [...client.accountIds],
    };
  });

/** Of the home cell: the fold of its placements. */
export const getPlacement = (
  request: m.GetPlacementRequest,
  { directory }: AccountsViews,
): m.PlacementInfo | Rejection =>
  checked(() => {
    const clientId = idOf('client', request.clientId, 'client_id');
    return { clientId, cell: directory.placements.get(clientId) ?? '' };
  });

export const getApiKey = (request: m.GetApiKeyRequest, views: AccountsViews): m.ApiKeyInfo | Rejection => {
  const key = views.directory.key(request.keyId);
  const client = key === undefined ? undefined : views.directory.clients.get(key.clientId);
  return key === undefined || client === undefined
    ? reject<AccountsCode>('API_KEY_UNKNOWN', 'Expected the id of an issued key', {
        field: 'key_id',
        reason: 'missing',
      })
    : keyInfo(key, client.kyc);
};

export const listAssets = (_request: m.ListAssetsRequest, views: AccountsViews): m.ListAssetsResponse => ({
  assets: [...views.reference.assets.values()]
    .sort(byKey((asset) => asset.symbol))
    .map(({ symbol, scale, kind, chains }) => ({ asset: symbol, scale, kind, chains: [...chains] })),
});

const KINDS_OF_CLIENTS = ['client', 'hold', 'debt', 'supplied'];

/** `client:7f3a:USD:venue:alpha` is folded into `client:*`; the house's own accounts stand for themselves. */
const folded = (account: string): string => {
  const kind = account.slice(0, account.indexOf(':'));
  return KINDS_OF_CLIENTS.includes(kind) ? `${kind}:*` : account;
};

type Row = { key: string; account: string; asset: string; units: bigint };

export const trialBalance = (
  request: m.TrialBalanceRequest,
  views: AccountsViews,
): m.TrialBalanceResponse | Rejection =>
  checked(() => {
    const { asset, accountPrefix, pageToken } = request;
    if (asset !== '') idOf('asset', asset, 'asset');
    if (accountPrefix.length > LIMITS.nameMaxLength) {
      refuse('INVALID_FIELD', `Expected account_prefix of at most ${LIMITS.nameMaxLength} characters`, {
        field: 'account_prefix',
        reason: 'invalid',
      });
    }
    const size = accountPrefix === '' ? Infinity : pageSizeOf(request.pageSize, LIMITS.trialBalancePageMax);
    const rows = new Map<string, Row>();
    const sums = new Map<string, bigint>();
    for (const entry of views.ledger.all()) {
      if (asset !== '' && entry.asset !== asset) continue;
      sums.set(entry.asset, (sums.get(entry.asset) ?? 0n) + entry.units);
      if (!entry.account.startsWith(accountPrefix)) continue;
      const account = accountPrefix === '' ? folded(entry.account) : entry.account;
      const key = `${entry.asset} ${account}`;
      const row = rows.get(key) ?? { key, account, asset: entry.asset, units: 0n };
      row.units += entry.units;
      rows.set(key, row);
    }
    const sorted = [...rows.values()].sort(byKey((row) => row.key));
    const { items, nextPageToken } = page(sorted, (row) => row.key, pageToken, size);
    const text = (units: bigint, symbol: string) => formatUnits(units, views.reference.scaleOf(symbol));
    return {
      rows: items.map((row) => ({
        account: row.account,
        asset: row.asset,
        balance: text(row.units, row.asset),
      })),
      sums: [...sums]
        .sort(byKey(([symbol]) => symbol))
        .map(([symbol, units]) => ({ asset: symbol, sum: text(units, symbol) })),
      nextPageToken,
    };
  });
