import { BAD_DEBT, clientAccount, debtAccount, HOUSE_INSURANCE, poolCash, poolLoans } from '@plinth/market';
import type { Posting } from '@plinth/messages';
import type { ChargeLiquidationFee, CoverShortfall } from './account-commands.ts';
import type { AccountDraft } from './account-draft.ts';
import type { Balance } from './account-state.ts';
import { amountText, minAmount } from './ledger-amount.ts';
import { chargeInterest, settle } from './loans.ts';
import { move } from './postings.ts';

/**
 * Where a charge lands that the free balances of its asset cannot pay: the first location of the account by
 * name.
 */
const firstPlace = (draft: AccountDraft): Balance | undefined =>
  [...draft.state.balances.values()].sort((a, b) => (a.ledgerAccount < b.ledgerAccount ? -1 : 1))[0];

/**
 * The fee goes to the insurance fund: from the balances of its asset, and what is missing as a loan against
 * the rest of the account. An account with nothing left pays no more than it has.
 */
export const chargeLiquidationFee = (draft: AccountDraft, command: ChargeLiquidationFee): void => {
  const { liquidationId, terms } = command;
  const { asset } = terms;
  const { accountId } = draft.state;
  const postings: Posting[] = [];
  let left = command.amount;
  for (const { ledgerAccount, amount } of draft.balancesOf(asset, 1)) {
    const part = minAmount(left, amount);
    left -= part;
    postings.push(...move(ledgerAccount, HOUSE_INSURANCE, asset, part));
  }
  const place = firstPlace(draft);
  if (left > 0n && place !== undefined) {
    const account = clientAccount(accountId, place.subAccountId, asset, place.location);
    postings.push(...move(account, HOUSE_INSURANCE, asset, left));
    left = 0n;
  }
  const amount = command.amount - left;
  if (amount === 0n) return;
  draft.add({
    type: 'LiquidationFeeCharged',
    data: { accountId, liquidationId, asset, amount: amountText(amount), postings },
  });
  settle(draft, terms, liquidationId);
};

/**
 * The insurance fund pays the account's debt to the pool, and the house writes off (and pays the pool) what
 * the fund cannot: lenders lose nothing. Never more than the debt, which an inflow may have reduced since the
 * shortfall was declared; an answer is always given, so that the liquidation can end.
 */
export const coverShortfall = (draft: AccountDraft, command: CoverShortfall): void => {
  const { liquidationId, terms, insured, uncovered } = command;
  chargeInterest(draft, terms);
  for (const type of ['InsurancePosted', 'BadDebtRecorded'] as const) {
    const asked = type === 'InsurancePosted' ? insured : uncovered;
    if (asked === 0n) continue;
    const payer = type === 'InsurancePosted' ? HOUSE_INSURANCE : BAD_DEBT;
    const { accountId, debts } = draft.state;
    const { asset } = terms;
    const amount = minAmount(asked, debts.get(asset)?.amount ?? 0n);
    const postings = [
      ...move(payer, poolCash(asset), asset, amount),
      ...move(poolLoans(asset), debtAccount(accountId, asset), asset, amount),
    ];
    draft.add({ type, data: { accountId, liquidationId, asset, amount: amountText(amount), postings } });
  }
};
