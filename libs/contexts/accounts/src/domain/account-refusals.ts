import { reject, type Rejection } from '@plinth/eventing';
import type { AccountsCode } from './codes.ts';
import { amountText } from './ledger-amount.ts';

export const accountUnknown = reject<AccountsCode>('ACCOUNT_UNKNOWN', 'Expected the id of an open account', {
  field: 'account_id',
  reason: 'missing',
});

export const subAccountUnknown = (field: string): Rejection<AccountsCode> =>
  reject('SUB_ACCOUNT_UNKNOWN', `Expected ${field} to be empty or a sub-account of this account`, {
    field,
    reason: 'missing',
  });

export const insufficient = (asset: string, available: bigint): Rejection<AccountsCode> =>
  reject(
    'BALANCE_INSUFFICIENT',
    `Expected an amount of at most what is free there, ${amountText(available)} ${asset}`,
    {
      field: 'amount',
      details: { asset, available: amountText(available) },
    },
  );

export const referenceExists = (field: string, id: string): Rejection<AccountsCode> =>
  reject('REFERENCE_EXISTS', `Expected ${field} to be an id never used in this account, was ${id}`, {
    field,
    reason: 'exists',
  });

export const tooMany = (what: string): Rejection<AccountsCode> =>
  reject('LIMIT_REACHED', `Expected fewer ${what}: the limit is reached`);
