import { clientAccount, debtAccount, poolCash, poolClaims, poolLoans, suppliedAccount } from '@plinth/market';
import type { Posting } from '@plinth/messages';
import {
  accrued,
  compareDecimal,
  formatDecimal,
  lendingIndexOf,
  type Index,
  type Rounding,
} from '@plinth/money';
import type { AccountDraft } from './account-draft.ts';
import type { Balance, Indexed } from './account-state.ts';
import { amountText, minAmount, ofAssetUnits, toAssetUnits } from './ledger-amount.ts';
import { move } from './postings.ts';

/**
 * What a decision must know of an asset that it may lend, borrow or round: its scale and its pool's indices.
 */
export type AssetTerms = Readonly<{ asset: string; scale: number; borrowIndex: Index; supplyIndex: Index }>;

/**
 * The pool's index, or the one already booked when that is further on (the command came with an older view).
 */
const latest = (booked: Indexed | undefined, pool: Index): Index => {
  if (booked === undefined) return pool;
  const then = lendingIndexOf(booked.index);
  return compareDecimal(pool, then) >= 0 ? pool : then;
};

/** Interest since the booked index: amount · index_now / index_then − amount, in whole units of the asset. */
export const interestOn = (booked: Indexed, now: Index, scale: number, rounding: Rounding): bigint => {
  const principal = toAssetUnits(booked.amount, scale);
  const { units } = accrued(principal, lendingIndexOf(booked.index), now, rounding);
  return ofAssetUnits(units - principal, scale);
};

/** Makes the debt current, rounded up. Every touch of a debt begins with this. */
export const chargeInterest = (draft: AccountDraft, terms: AssetTerms): void => {
  const { accountId, debts } = draft.state;
  const { asset, scale } = terms;
  const debt = debts.get(asset);
  if (debt === undefined) return;
  const now = latest(debt, terms.borrowIndex);
  const interest = interestOn(debt, now, scale, 'up');
  if (interest === 0n) return;
  draft.add({
    type: 'InterestCharged',
    data: {
      accountId,
      asset,
      amount: amountText(interest),
      debt: amountText(debt.amount + interest),
      indexBefore: debt.index,
      indexThen: formatDecimal(now),
      postings: [...move(debtAccount(accountId, asset), poolLoans(asset), asset, interest)],
    },
  });
};

/**
 * Makes the claim current, rounded down. When nothing whole has been earned, the old index stays and nothing
 * is lost.
 */
export const creditInterest = (draft: AccountDraft, terms: AssetTerms): void => {
  const { accountId, claims } = draft.state;
  const { asset, scale } = terms;
  const claim = claims.get(asset);
  if (claim === undefined) return;
  const now = latest(claim, terms.supplyIndex);
  const interest = interestOn(claim, now, scale, 'down');
  if (interest === 0n) return;
  draft.add({
    type: 'InterestEarned',
    data: {
      accountId,
      asset,
      amount: amountText(interest),
      supplied: amountText(claim.amount + interest),
      indexBefore: claim.index,
      indexThen: formatDecimal(now),
      postings: [...move(poolClaims(asset), suppliedAccount(accountId, asset), asset, interest)],
    },
  });
};

/**
 * A negative balance is covered from the account's other balances of the asset: first at the same location.
 */
const coverFromElsewhere = (draft: AccountDraft, asset: string, reference: string): void => {
  let n = 0;
  for (const short of draft.balancesOf(asset, -1)) {
    let missing = -short.amount;
    const donors = draft.balancesOf(asset, 1);
    const near = donors.filter((donor) => donor.location === short.location);
    for (const donor of [...near, ...donors.filter((donor) => donor.location !== short.location)]) {
      if (missing === 0n) break;
      const amount = minAmount(missing, donor.amount);
      missing -= amount;
      n += 1;
      moveBetween(draft, donor, short, amount, `cover.${reference}.${n}`);
    }
  }
};

type Place = Pick<Balance, 'ledgerAccount' | 'subAccountId' | 'asset' | 'location'>;

export const moveBetween = (
  draft: AccountDraft,
  from: Place,
  to: Place,
  amount: bigint,
  moveId: string,
): void =>
  draft.add({
    type: 'CollateralMoved',
    data: {
      accountId: draft.state.accountId,
      moveId,
      fromSubAccountId: from.subAccountId,
      toSubAccountId: to.subAccountId,
      asset: from.asset,
      amount: amountText(amount),
      fromLocation: from.location,
      toLocation: to.location,
      postings: [...move(from.ledgerAccount, to.ledgerAccount, from.asset, amount)],
    },
  });

/**
 * What is still below zero is lent by the pool. A fill is a fact: the loan is drawn even from a pool without
 * cash.
 */
const drawLoans = (draft: AccountDraft, terms: AssetTerms): void => {
  const { asset } = terms;
  for (const short of draft.balancesOf(asset, -1)) {
    chargeInterest(draft, terms);
    const { accountId, debts } = draft.state;
    const amount = -short.amount;
    const debt = debts.get(asset);
    draft.add({
      type: 'LoanDrawn',
      data: {
        accountId,
        asset,
        amount: amountText(amount),
        location: short.location,
        debt: amountText((debt?.amount ?? 0n) + amount),
        indexThen: formatDecimal(latest(debt, terms.borrowIndex)),
        postings: [
          ...move(poolCash(asset), short.ledgerAccount, asset, amount),
          ...move(debtAccount(accountId, asset), poolLoans(asset), asset, amount),
        ],
      },
    });
  }
};

/**
 * Pays as much of the debt as `most` and the free balances allow, in the order given. Returns what was paid.
 */
export const repayFrom = (
  draft: AccountDraft,
  terms: AssetTerms,
  sources: readonly Balance[],
  most?: bigint,
): bigint => {
  const { asset } = terms;
  if (!draft.state.debts.has(asset) || sources.length === 0) return 0n;
  chargeInterest(draft, terms);
  const { accountId, debts } = draft.state;
  const debt = debts.get(asset) as Indexed;
  let left = most === undefined ? debt.amount : minAmount(most, debt.amount);
  const postings: Posting[] = [];
  let amount = 0n;
  for (const source of sources) {
    if (left === 0n) break;
    const part = minAmount(left, source.amount);
    left -= part;
    amount += part;
    postings.push(...move(source.ledgerAccount, poolCash(asset), asset, part));
  }
  if (amount === 0n) return 0n;
  postings.push(...move(poolLoans(asset), debtAccount(accountId, asset), asset, amount));
  draft.add({
    type: 'LoanRepaid',
    data: {
      accountId,
      asset,
      amount: amountText(amount),
      debt: amountText(debt.amount - amount),
      indexThen: formatDecimal(latest(debt, terms.borrowIndex)),
      postings,
    },
  });
  return amount;
};

/**
 * Ends every entry that moved `asset`: afterwards no balance is below zero, and there is a debt only when no
 * balance of the asset is over zero. (1) negative balances are covered from the account's own balances
 * elsewhere, (2) the pool lends what is missing, (3) what came in repays the debt.
 */
export const settle = (draft: AccountDraft, terms: AssetTerms, reference: string): void => {
  coverFromElsewhere(draft, terms.asset, reference);
  drawLoans(draft, terms);
  repayFrom(draft, terms, draft.balancesOf(terms.asset, 1));
};

/** Why a claim is taken back: cash that the pool granted for it, and the liquidation that recalled it. */
type Redemption = Readonly<{ granted?: string; liquidationId?: string }>;

/** Takes `amount` of the claim back to a client balance; the claim has been made current before. */
export const redeem = (
  draft: AccountDraft,
  terms: AssetTerms,
  amount: bigint,
  place: Readonly<{ subAccountId: string; location: string }>,
  { granted = '', liquidationId = '' }: Redemption = {},
): void => {
  const { asset } = terms;
  const { accountId, claims } = draft.state;
  const claim = claims.get(asset);
  const held = claim?.amount ?? 0n;
  const account = clientAccount(accountId, place.subAccountId, asset, place.location);
  draft.add({
    type: 'PoolRedeemed',
    data: {
      accountId,
      asset,
      amount: amountText(amount),
      location: place.location,
      supplied: amountText(held - amount),
      indexThen: formatDecimal(latest(claim, terms.supplyIndex)),
      granted,
      liquidationId,
      postings: [
        ...move(poolCash(asset), account, asset, amount),
        ...move(suppliedAccount(accountId, asset), poolClaims(asset), asset, amount),
      ],
    },
  });
};

export const supply = (
  draft: AccountDraft,
  terms: AssetTerms,
  amount: bigint,
  place: Readonly<{ subAccountId: string; location: string }>,
): void => {
  const { asset } = terms;
  creditInterest(draft, terms);
  const { accountId, claims } = draft.state;
  const claim = claims.get(asset);
  const account = clientAccount(accountId, place.subAccountId, asset, place.location);
  draft.add({
    type: 'PoolSupplied',
    data: {
      accountId,
      asset,
      amount: amountText(amount),
      location: place.location,
      supplied: amountText((claim?.amount ?? 0n) + amount),
      indexThen: formatDecimal(latest(claim, terms.supplyIndex)),
      postings: [
        ...move(account, poolCash(asset), asset, amount),
        ...move(poolClaims(asset), suppliedAccount(accountId, asset), asset, amount),
      ],
    },
  });
};
