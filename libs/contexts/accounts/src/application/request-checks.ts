import { reject, type CommandContext, type Rejection } from '@plinth/eventing';
import { isId, venueOfLocation, type Asset, type IdKind } from '@plinth/market';
import { InvalidNumber } from '@plinth/money';
import { isCell } from './config.ts';
import type { AccountsCode } from '../domain/codes.ts';
import { amountOf, fitsScale } from '../domain/ledger-amount.ts';
import type { AssetTerms } from '../domain/loans.ts';
import { assetTerms } from './terms.ts';
import type { AccountsViews } from './views.ts';

export const OPERATOR = 'operator';

/** Carries a refusal out of the checks of a request; never leaves `checked`. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly rejection: Rejection<AccountsCode>;
  constructor(rejection: Rejection<AccountsCode>) {
    super(rejection.message);
    this.rejection = rejection;
  }
}

export const refuse = (
  code: AccountsCode,
  message: string,
  more: Partial<Pick<Rejection, 'field' | 'details' | 'reason'>> = {},
): never => {
  throw new Refused(reject(code, message, more));
};

const invalid = (field: string, expected: string): never =>
  refuse('INVALID_FIELD', `Expected ${field} to be ${expected}`, { field, reason: 'invalid' });

/** Runs the checks of a request and what they lead to; a refusal on the way becomes the answer. */
export const checked = <T>(plan: () => T): T | Rejection<AccountsCode> => {
  try {
    return plan();
  } catch (error) {
    if (error instanceof Refused) return error.rejection;
    if (error instanceof InvalidNumber) {
      return reject('INVALID_FIELD', error.message, { field: error.field, reason: 'invalid' });
    }
    throw error;
  }
};

const ID_EXAMPLES: Readonly<Record<IdKind, string>> = {
  account: '1 to 32 of a-z and 0-9',
  client: '1 to 32 of a-z and 0-9',
  subAccount: '1 to 32 of a-z and 0-9',
  asset: '2 to 12 of A-Z and 0-9, such as USDC',
  instrument: 'an instrument such as BTC/USD or BTC-PERP',
  product: 'a product such as BTC-CS-70-80',
  venue: 'a venue such as alpha',
  reference: '1 to 64 of letters, digits, _ . : and -, beginning with a letter or digit',
  location: 'vault:{chain} or venue:{venue}',
};

export const idOf = (kind: IdKind, value: string, field: string): string =>
  isId(kind, value) ? value : invalid(field, ID_EXAMPLES[kind]);

export const cellOf = (value: string, field: string): string =>
  isCell(value) ? value : invalid(field, '1 to 16 of a-z and 0-9');

const CONTROL = /\p{Cc}/u;

export const textOf = (value: string, field: string, min: number, max: number): string =>
  value.length >= min && value.length <= max && value.isWellFormed() && !CONTROL.test(value)
    ? value
    : invalid(field, `${min} to ${max} characters without control characters`);

export const oneOf = <T extends string>(options: readonly T[], value: string, field: string): T =>
  options.find((option) => option === value) ?? invalid(field, `one of ${options.join(', ')}`);

export const operatorOnly = ({ tenant }: CommandContext): void => {
  if (tenant !== OPERATOR) refuse('OPERATOR_ONLY', 'Expected an operator: clients may not do this');
};

/** An open client that the caller may speak for; a foreign one is answered like a missing one. */
export const clientOf = (clientId: string, views: AccountsViews, { tenant }: CommandContext) => {
  const client = views.directory.clients.get(idOf('client', clientId, 'client_id'));
  if (client === undefined || (tenant !== OPERATOR && tenant !== clientId)) {
    return refuse('CLIENT_UNKNOWN', 'Expected the id of an open client', {
      field: 'client_id',
      reason: 'missing',
    });
  }
  return client;
};

/** An open account that the caller may speak for; a foreign one is answered like a missing one. */
export const accountOf = (
  accountId: string,
  views: AccountsViews,
  { tenant }: CommandContext,
  field = 'account_id',
) => {
  const account = views.directory.accounts.get(idOf('account', accountId, field));
  if (account === undefined || (tenant !== OPERATOR && tenant !== account.clientId)) {
    return refuse('ACCOUNT_UNKNOWN', `Expected ${field} to be an open account`, { field, reason: 'missing' });
  }
  return account;
};

export const subAccountOf = (
  subAccountId: string,
  account: Readonly<{ subAccountIds: readonly string[] }>,
  field = 'sub_account_id',
): string => {
  if (subAccountId === '') return '';
  idOf('subAccount', subAccountId, field);
  if (account.subAccountIds.includes(subAccountId)) return subAccountId;
  return refuse('SUB_ACCOUNT_UNKNOWN', `Expected ${field} to be empty or a sub-account of this account`, {
    field,
    reason: 'missing',
  });
};

export const assetOf = (asset: string, views: AccountsViews): Asset => {
  const found = views.reference.assets.get(idOf('asset', asset, 'asset'));
  if (found !== undefined) return found;
  return refuse('ASSET_UNKNOWN', `Expected a listed asset, was ${asset}`, {
    field: 'asset',
    reason: 'missing',
  });
};

export const termsOf = (asset: string, views: AccountsViews): AssetTerms =>
  assetTerms(assetOf(asset, views).symbol, views);

/** An amount over zero that fits the asset's scale, at ledger scale. */
export const positiveAmount = (text: string, scale: number, asset: string, field = 'amount'): bigint => {
  const amount = amountOf(text, field);
  if (amount <= 0n) return invalid(field, 'over 0');
  if (!fitsScale(amount, scale))
    return invalid(field, `a number with at most the ${scale} decimals of ${asset}`);
  return amount;
};

/** A location that exists: a registered venue, or a vault on one of the asset's chains. */
export const locationOf = (
  location: string,
  asset: Asset,
  views: AccountsViews,
  field = 'location',
): string => {
  idOf('location', location, field);
  const venue = venueOfLocation(location);
  if (venue !== undefined) {
    if (views.reference.venues.has(venue)) return location;
    return refuse('INVALID_FIELD', `Expected ${field} to be at a registered venue`, {
      field,
      reason: 'invalid',
    });
  }
  const chain = location.slice('vault:'.length);
  return asset.chains.includes(chain)
    ? location
    : invalid(
        field,
        `a vault on a chain of ${asset.symbol} (${asset.chains.join(', ') || 'none'}) or a venue`,
      );
};
