import { reject, type Rejection } from '@plinth/eventing';
import type { RequestClientTransfer, RequestWithdrawal } from './account-commands.ts';
import { dayOf, type AccountState } from './account-state.ts';
import type { AccountsCode } from './codes.ts';
import { amountText } from './ledger-amount.ts';

/**
 * One reason to refuse a withdrawal, or a transfer to another client, before money is set aside; undefined
 * when there is none. Margin is asked afterwards.
 */
export type WithdrawalPolicy = (
  request: Pick<RequestWithdrawal | RequestClientTransfer, 'facts' | 'requestedAtMs'>,
  state: AccountState,
) => Rejection<AccountsCode> | undefined;

export const kycApproved: WithdrawalPolicy = ({ facts }) =>
  facts.kyc === 'approved'
    ? undefined
    : reject('KYC_NOT_APPROVED', `Expected a client in KYC state approved, was ${facts.kyc}`);

export const destinationUsable: WithdrawalPolicy = ({ facts, requestedAtMs }) => {
  const usableAt = facts.destinationUsableAtMs;
  if (usableAt === undefined) {
    return reject(
      'DESTINATION_UNKNOWN',
      'Expected one of the withdrawal destinations of the client: add it first',
      {
        field: 'destination',
      },
    );
  }
  if (usableAt > requestedAtMs) {
    return reject(
      'DESTINATION_NOT_USABLE_YET',
      'Expected a destination whose delay is over: wait until it is',
      {
        field: 'destination',
        details: { usableAtMs: String(usableAt) },
      },
    );
  }
  return undefined;
};

export const withinDailyLimit: WithdrawalPolicy = ({ facts, requestedAtMs }, { withdrawn }) => {
  const { valueUsd, limitUsdPerDay } = facts;
  if (valueUsd === undefined) {
    return reject('PRICE_MISSING', 'Expected an asset with a mark: its value cannot be told yet, try later', {
      field: 'asset',
    });
  }
  // UTC days. A day that is over counts nothing any more.
  const used = withdrawn.day >= dayOf(requestedAtMs) ? withdrawn.valueUsd : 0n;
  if (used + valueUsd <= limitUsdPerDay) return undefined;
  return reject(
    'WITHDRAWAL_LIMIT_EXCEEDED',
    'Expected withdrawals within the limit per day: ask for less, or tomorrow',
    {
      field: 'amount',
      details: {
        usedUsd: amountText(used),
        limitUsd: amountText(limitUsdPerDay),
        valueUsd: amountText(valueUsd),
      },
    },
  );
};

/** All of them must agree, in this order. A new policy is a function above and a name here. */
export const WITHDRAWAL_POLICIES: readonly WithdrawalPolicy[] = [
  kycApproved,
  destinationUsable,
  withinDailyLimit,
];
