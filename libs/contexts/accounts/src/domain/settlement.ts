import { clientAccount, venueLocation, venueSettlement } from '@plinth/market';
import {
  decimalOf,
  decimalOfUnits,
  divide,
  formatUnits,
  moneyOfDecimal,
  multiply,
  negateDecimal,
  priceOf,
  subtractDecimal,
  ZERO,
  type Decimal,
} from '@plinth/money';
import type { FillInstrument, SettleContracts } from './account-commands.ts';
import type { AccountDraft } from './account-draft.ts';
import { contractTerms, termsOf } from './fills.ts';
import { amountText, ofAssetUnits } from './ledger-amount.ts';
import { settle } from './loans.ts';
import {
  entryPriceOf,
  positionValue,
  QUANTITY_SCALE,
  type ContractTerms,
  type OpenPosition,
} from './position.ts';
import { move } from './postings.ts';

/** max(0, S − K) of a call, max(0, K − S) of a put: USD or quote asset per unit of the underlying. */
export const intrinsicOf = ({ strike, optionType }: FillInstrument, price: string): Decimal => {
  const over = subtractDecimal(decimalOf(price, 'price'), decimalOf(strike, 'strike'));
  const inside = optionType === 'call' ? over : negateDecimal(over);
  return inside.gt(ZERO) ? inside : ZERO;
};

/**
 * What exercise of signed options is worth in the settlement asset, at ledger scale: q · contractSize ·
 * intrinsic; an inverse option pays it in coin, divided by the settlement price. Rounded down to the asset's
 * unit, signed: who is long receives no more than exact, who is short pays no less.
 */
const exercise = (units: bigint, instrument: FillInstrument, price: string, terms: ContractTerms): bigint => {
  const contracts = multiply(decimalOfUnits(units, QUANTITY_SCALE), decimalOf(terms.contractSize));
  const worth = multiply(contracts, intrinsicOf(instrument, price));
  const paid = instrument.inverse ? divide(worth, priceOf(price), terms.scale, 'floor').quotient : worth;
  const target = { asset: terms.settlementAsset, scale: terms.scale };
  return ofAssetUnits(moneyOfDecimal(paid, target, 'floor').amount.units, terms.scale);
};

/**
 * What an account receives (> 0) or pays when a position ends. Options: exercise, their cost was paid when
 * they were bought. Futures: value at the settlement price, rounded down, minus cost, which is exact.
 */
export const settlementAmount = (
  position: OpenPosition,
  instrument: FillInstrument,
  price: string,
  terms: ContractTerms,
): bigint =>
  instrument.kind === 'option'
    ? exercise(position.units, instrument, price, terms)
    : positionValue(position.units, priceOf(price), terms, 'floor') - position.cost;

/**
 * Ends every position in the contracts that expired; then what is short is covered or lent, once per asset.
 */
export const settleContracts = (draft: AccountDraft, command: SettleContracts): void => {
  const { settlementId, price, contracts } = command;
  const { accountId } = draft.state;
  const touched = new Set<string>();
  for (const [key, position] of draft.state.positions) {
    const [instrumentId = '', venueId = ''] = key.split(' ');
    const instrument = contracts.get(instrumentId);
    if (instrument === undefined) continue;
    const asset = instrument.quoteAsset;
    const contract = contractTerms(instrument, termsOf(command.terms, asset).scale);
    const amount = settlementAmount(position, instrument, price, contract);
    const account = clientAccount(accountId, '', asset, venueLocation(venueId));
    draft.add({
      type: 'ContractSettled',
      data: {
        accountId,
        settlementId,
        instrumentId,
        venueId,
        quantity: formatUnits(position.units, QUANTITY_SCALE),
        settlementPrice: price,
        entryPrice: entryPriceOf(position, contract),
        entryCost: amountText(position.cost),
        asset,
        amount: amountText(amount),
        postings: [...move(venueSettlement(venueId), account, asset, amount)],
      },
    });
    touched.add(asset);
  }
  for (const asset of [...touched].sort()) settle(draft, termsOf(command.terms, asset), settlementId);
};
