import { clientAccount, isInverted, SIGN, venueLocation, venueSettlement, type Side } from '@plinth/market';
import type { Posting } from '@plinth/messages';
import {
  assert,
  decimalOf,
  decimalOfUnits,
  divide,
  formatUnits,
  moneyOfDecimal,
  multiply,
  priceOf,
  rateOf,
  type Rounding,
} from '@plinth/money';
import type { BookFill, FillInstrument, PostFunding } from './account-commands.ts';
import type { AccountDraft } from './account-draft.ts';
import { positionKey } from './account-state.ts';
import { amountText, ofAssetUnits } from './ledger-amount.ts';
import { settle, type AssetTerms } from './loans.ts';
import {
  bookFill,
  contractsOf,
  entryPriceOf,
  FLAT,
  positionValue,
  QUANTITY_SCALE,
  type ContractTerms,
} from './position.ts';
import { move } from './postings.ts';

export const termsOf = (terms: ReadonlyMap<string, AssetTerms>, asset: string): AssetTerms => {
  const found = terms.get(asset);
  assert(found !== undefined, () => `Expected the terms of ${asset} with the command`);
  return found;
};

/** Decimal text as an amount in whole units of the asset, at ledger scale. */
const rounded = (text: string, terms: AssetTerms, rounding: Rounding, field: string): bigint =>
  ofAssetUnits(moneyOfDecimal(decimalOf(text, field), terms, rounding).amount.units, terms.scale);

export const contractTerms = (instrument: FillInstrument, scale: number): ContractTerms => ({
  contractSize: instrument.contractSize,
  inverse: isInverted(instrument),
  settlementAsset: instrument.quoteAsset,
  scale,
});

/** Everything of a fill that is the same for spot and derivatives. */
type Parts = Readonly<{
  realised: bigint;
  positionQuantity: string;
  entryPrice: string;
  entryCost: string;
  postings: readonly Posting[];
}>;

/** Both assets move at the venue: what is received is rounded down, what is given is rounded up. */
const spotParts = (draft: AccountDraft, command: BookFill): Parts => {
  const { fill, instrument, subAccountId, terms } = command;
  const { accountId } = draft.state;
  const { underlying, quoteAsset } = instrument;
  const buys = fill.side === 'buy';
  const quote = termsOf(terms, quoteAsset);
  const base = rounded(fill.quantity, termsOf(terms, underlying), buys ? 'floor' : 'ceil', 'quantity');
  const notional = multiply(decimalOf(fill.quantity, 'quantity'), priceOf(fill.price));
  const value = ofAssetUnits(
    moneyOfDecimal(notional, quote, buys ? 'ceil' : 'floor').amount.units,
    quote.scale,
  );
  const location = venueLocation(fill.venueId);
  const baseAccount = clientAccount(accountId, subAccountId, underlying, location);
  const quoteAccount = clientAccount(accountId, subAccountId, quoteAsset, location);
  const venue = venueSettlement(fill.venueId);
  const postings = buys
    ? [...move(quoteAccount, venue, quoteAsset, value), ...move(venue, baseAccount, underlying, base)]
    : [...move(baseAccount, venue, underlying, base), ...move(venue, quoteAccount, quoteAsset, value)];
  return { realised: 0n, positionQuantity: '', entryPrice: '', entryCost: '', postings };
};

/**
 * The position changes at average cost. Of a future or perpetual only realised profit moves money; of an
 * option the whole premium does, at once (what is paid rounded up, what is received down), so that a closing
 * trade realises nothing of its own: equity is cash plus the option's value, which is what the position is
 * marked at.
 */
const derivativeParts = (draft: AccountDraft, command: BookFill): Parts => {
  const { fill, instrument, subAccountId, terms } = command;
  const { accountId, positions } = draft.state;
  const asset = instrument.quoteAsset;
  const contract = contractTerms(instrument, termsOf(terms, asset).scale);
  const units = BigInt(SIGN[fill.side as Side]) * contractsOf(fill.quantity, 'quantity');
  const value = positionValue(units, priceOf(fill.price), contract, 'ceil');
  const before = positions.get(positionKey(fill.instrumentId, fill.venueId)) ?? FLAT;
  const { position, realised } = bookFill(before, units, value, contract.scale);
  const isOption = instrument.kind === 'option';
  const account = clientAccount(accountId, subAccountId, asset, venueLocation(fill.venueId));
  return {
    realised: isOption ? 0n : realised,
    positionQuantity: formatUnits(position.units, QUANTITY_SCALE),
    entryPrice: entryPriceOf(position, contract),
    entryCost: position.units === 0n ? '' : amountText(position.cost),
    postings: move(venueSettlement(fill.venueId), account, asset, isOption ? -value : realised),
  };
};

/** A fee is charged rounded up; a rebate (negative) is granted rounded down. */
const feeParts = (
  draft: AccountDraft,
  { fill, subAccountId, terms }: BookFill,
): Readonly<{ fee: bigint; postings: readonly Posting[] }> => {
  if (fill.feeAsset === '') return { fee: 0n, postings: [] };
  const fee = rounded(fill.fee, termsOf(terms, fill.feeAsset), 'ceil', 'fee');
  const location = venueLocation(fill.venueId);
  const payer = clientAccount(draft.state.accountId, subAccountId, fill.feeAsset, location);
  return { fee, postings: move(payer, venueSettlement(fill.venueId), fill.feeAsset, fee) };
};

/** Books a venue's fill once; what it leaves short is covered or lent, what it brings in repays. */
export const bookVenueFill = (draft: AccountDraft, command: BookFill): void => {
  const { fill, instrument, subAccountId, terms } = command;
  const { accountId, fills } = draft.state;
  if (fills.get(fill.venueId)?.has(fill.fillId) === true) return;
  assert(fill.side === 'buy' || fill.side === 'sell', () => `Expected side buy or sell, was ${fill.side}`);
  const spot = instrument.kind === 'spot';
  const parts = spot ? spotParts(draft, command) : derivativeParts(draft, command);
  const { fee, postings: feePostings } = feeParts(draft, command);
  draft.add({
    type: 'FillBooked',
    data: {
      accountId,
      orderId: fill.orderId,
      childId: fill.childId,
      fillId: fill.fillId,
      venueId: fill.venueId,
      instrumentId: fill.instrumentId,
      side: fill.side,
      quantity: fill.quantity,
      price: fill.price,
      fee: amountText(fee),
      feeAsset: fill.feeAsset,
      realisedProfit: amountText(parts.realised),
      positionQuantity: parts.positionQuantity,
      entryPrice: parts.entryPrice,
      entryCost: parts.entryCost,
      subAccountId,
      postings: [...parts.postings, ...feePostings],
    },
  });
  const touched = new Set([instrument.quoteAsset]);
  if (fee !== 0n) touched.add(fill.feeAsset);
  if (spot) touched.add(instrument.underlying);
  for (const asset of [...touched].sort()) settle(draft, termsOf(terms, asset), fill.fillId);
};

/**
 * Linear: q · contractSize · rate · index. Inverse: q · contractSize · rate / index. Rounded up: against the
 * account.
 */
const fundingPaid = (command: PostFunding): bigint => {
  const { funding, instrument, units, terms } = command;
  const size = multiply(decimalOfUnits(units, QUANTITY_SCALE), decimalOf(instrument.contractSize));
  const rated = multiply(size, rateOf(funding.rate));
  const index = priceOf(funding.indexPrice, 'indexPrice');
  const exact = instrument.inverse
    ? divide(rated, index, terms.scale, 'ceil').quotient
    : multiply(rated, index);
  return ofAssetUnits(moneyOfDecimal(exact, terms, 'ceil').amount.units, terms.scale);
};

/** Longs pay when the rate is positive. The quantity is the one that was open when the rate was set. */
export const postFunding = (draft: AccountDraft, command: PostFunding): void => {
  const { funding, units, terms } = command;
  const { accountId } = draft.state;
  const { asset } = terms;
  const amount = -fundingPaid(command);
  if (amount === 0n) return;
  const account = clientAccount(accountId, '', asset, venueLocation(funding.venueId));
  draft.add({
    type: 'FundingPosted',
    data: {
      accountId,
      fundingId: funding.fundingId,
      instrumentId: funding.instrumentId,
      venueId: funding.venueId,
      quantity: formatUnits(units, QUANTITY_SCALE),
      rate: funding.rate,
      indexPrice: funding.indexPrice,
      asset,
      amount: amountText(amount),
      postings: [...move(venueSettlement(funding.venueId), account, asset, amount)],
    },
  });
  settle(draft, terms, funding.fundingId);
};
