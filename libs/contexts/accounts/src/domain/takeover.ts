import {
  debtAccount,
  HOUSE_INVENTORY,
  poolCash,
  poolClaims,
  poolLoans,
  suppliedAccount,
} from '@plinth/market';
import type { Posting, TakenOver } from '@plinth/messages';
import { powerOfTen } from '@plinth/money';
import type { PricedAsset, RecallClaim, TakeOverCollateral } from './account-commands.ts';
import type { AccountDraft } from './account-draft.ts';
import type { Indexed } from './account-state.ts';
import { amountText, LEDGER_SCALE, minAmount } from './ledger-amount.ts';
import { chargeInterest, creditInterest, redeem, repayFrom, settle } from './loans.ts';
import { move } from './postings.ts';

/**
 * A claim that a liquidation calls back: first it repays a debt of its own asset, which needs no cash of the
 * pool; the rest comes back as far as cash was granted. The last entry always says what became of the grant.
 */
export const recallClaim = (draft: AccountDraft, command: RecallClaim): void => {
  const { terms, granted, location, liquidationId } = command;
  const { asset } = terms;
  const place = { subAccountId: '', location };
  chargeInterest(draft, terms);
  creditInterest(draft, terms);
  const amountIn = (map: ReadonlyMap<string, Indexed>): bigint => map.get(asset)?.amount ?? 0n;
  const own = minAmount(amountIn(draft.state.debts), amountIn(draft.state.claims));
  if (own > 0n) {
    redeem(draft, terms, own, place);
    repayFrom(draft, terms, draft.balancesOf(asset, 1), own);
  }
  const amount = minAmount(granted, amountIn(draft.state.claims));
  redeem(draft, terms, amount, place, { granted: amountText(granted), liquidationId });
  settle(draft, terms, liquidationId);
};

/** amount · numerator / denominator in whole units of an asset. */
const converted = (
  amount: bigint,
  numerator: bigint,
  denominator: bigint,
  scale: number,
  isCeiled: boolean,
): bigint => {
  const step = powerOfTen(LEDGER_SCALE - scale) * denominator;
  const scaled = amount * numerator;
  return ((scaled + (isCeiled ? step - 1n : 0n)) / step) * powerOfTen(LEDGER_SCALE - scale);
};

/** How much of what is held pays how much of what is owed; both rounded against the account. */
const exchange = (
  held: bigint,
  owed: bigint,
  collateral: PricedAsset,
  debt: PricedAsset,
): Readonly<{ amount: bigint; credited: bigint }> => {
  const needed = converted(owed, debt.price, collateral.price, collateral.terms.scale, true);
  return needed <= held
    ? { amount: needed, credited: owed }
    : {
        amount: held,
        credited: converted(held, collateral.price, debt.price, debt.terms.scale, false),
      };
};

/** What a holding of the account becomes when the house takes `amount` of it. */
const postingsOf = (
  draft: AccountDraft,
  kind: 'balance' | 'claim',
  asset: string,
  before: bigint,
  amount: bigint,
): readonly Posting[] => {
  // The claim ends: what the pool would have paid is the house's own money in it.
  if (kind === 'claim')
    return move(suppliedAccount(draft.state.accountId, asset), poolClaims(asset), asset, amount);
  const postings: Posting[] = [];
  let skip = before;
  let left = amount;
  for (const balance of draft.balancesOf(asset, 1)) {
    const skipped = minAmount(skip, balance.amount);
    skip -= skipped;
    const part = minAmount(left, balance.amount - skipped);
    left -= part;
    postings.push(...move(balance.ledgerAccount, HOUSE_INVENTORY, asset, part));
  }
  return postings;
};

/**
 * The house takes what no venue trades at its conservative price and pays the account's debts for it, in the
 * order given: no more than the debts need, so that what is over stays with the client. One entry answers
 * every order, even when a deposit has paid the debts meanwhile.
 */
export const takeOverCollateral = (draft: AccountDraft, command: TakeOverCollateral): void => {
  const { liquidationId, collateral, debts } = command;
  for (const { terms } of debts) chargeInterest(draft, terms);
  for (const { terms } of collateral) creditInterest(draft, terms);
  const { accountId } = draft.state;
  const owed = new Map([...draft.state.debts].map(([asset, { amount }]) => [asset, amount]));
  const taken: TakenOver[] = [];
  const postings: Posting[] = [];
  for (const item of collateral) {
    const { asset } = item.terms;
    for (const kind of ['balance', 'claim'] as const) {
      const held =
        kind === 'claim'
          ? (draft.state.claims.get(asset)?.amount ?? 0n)
          : draft.balancesOf(asset, 1).reduce((sum, { amount }) => sum + amount, 0n);
      let gone = 0n;
      for (const debt of debts) {
        const debtAsset = debt.terms.asset;
        const due = owed.get(debtAsset) ?? 0n;
        if (due === 0n || held === gone) continue;
        const { amount, credited } = exchange(held - gone, due, item, debt);
        postings.push(...postingsOf(draft, kind, asset, gone, amount));
        postings.push(...move(HOUSE_INVENTORY, poolCash(debtAsset), debtAsset, credited));
        postings.push(...move(poolLoans(debtAsset), debtAccount(accountId, debtAsset), debtAsset, credited));
        gone += amount;
        owed.set(debtAsset, due - credited);
        taken.push({
          ...{ asset, kind, debtAsset },
          amount: amountText(amount),
          price: amountText(item.price),
          debtPrice: amountText(debt.price),
          credited: amountText(credited),
        });
      }
    }
  }
  draft.add({ type: 'CollateralTakenOver', data: { accountId, liquidationId, taken, postings } });
};
