import {
  mangoHealth,
  type MangoAccount,
  type MangoBank,
  type MangoBanks,
  type MangoPerp,
  type MangoReserved,
} from '@plinth/margin/models';
import { CaseError, fieldsAt, numberAt, numbersAt, textAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

/** Figures are printed with nine decimals; the peer's own have 14. */
const TOLERANCE = { relative: 1e-9, absolute: 1e-8 };

/**
 * Health of one account, worst over open orders. Optional keys, 0 or absent: balances `t1`, `t2` …; `oo_a_b`
 * (quote and base reserved on the market of token b against token a); `perp1` (base lots, quote, bid lots,
 * ask lots); `pool_deposits` with `deposit_weight_scale_start_quote` and `pool_borrows` with
 * `borrow_weight_scale_start_quote`, one number a bank in the order of the banks (0: not scaled). Of a bank,
 * `stable_price` is its `price`, `maint_asset_w` and `maint_liab_w` are `asset_w` and `liab_w`; of the
 * perpetual, `perp1_maint_base_weights` and `perp1_maint_overall_positive_weight` likewise.
 */
export const mangoHealthFormat: CaseFormat = {
  name: '11-mango-health',
  keys: ['input.banks'],
  tolerance: () => TOLERANCE,
  evaluate: (item) => {
    const input = fieldsAt(item, 'input');
    const banks = banksOf(input);
    const account = accountOf(input, banks);
    return {
      init_health: mangoHealth(account, banks, 'init'),
      liquidation_end_health: mangoHealth(account, banks, 'liquidationEnd'),
      ...(hasMaintenance(input) ? { maint_health: mangoHealth(account, banks, 'maint') } : {}),
    };
  },
  notes: ['Maintenance health is compared only where a case gives maintenance weights'],
};

const hasMaintenance = (input: Fields): boolean =>
  Object.values(fieldsAt(input, 'banks')).every(
    (bank) => typeof bank === 'object' && bank !== null && 'maint_asset_w' in bank,
  );

const banksOf = (input: Fields): MangoBanks => {
  const banks = fieldsAt(input, 'banks');
  const at = (key: string, i: number): number | undefined => {
    const value = numbersAt(input, key, [])[i];
    return value === 0 ? undefined : value;
  };
  return new Map(
    Object.keys(banks).map((token, i) => {
      const bank = fieldsAt(banks, token);
      const [deposits, borrows] = [at('pool_deposits', i), at('pool_borrows', i)];
      const depositScaleStart = at('deposit_weight_scale_start_quote', i);
      const borrowScaleStart = at('borrow_weight_scale_start_quote', i);
      return [
        token,
        {
          ...termsOf(bank),
          deposits: deposits ?? 0,
          borrows: borrows ?? 0,
          ...(depositScaleStart === undefined ? {} : { depositScaleStart }),
          ...(borrowScaleStart === undefined ? {} : { borrowScaleStart }),
        },
      ];
    }),
  );
};

const termsOf = (bank: Fields): Pick<MangoBank, 'prices' | 'asset' | 'liability'> => {
  const price = numberAt(bank, 'price');
  const [asset, liability] = [numberAt(bank, 'asset_w'), numberAt(bank, 'liab_w')];
  return {
    prices: { oracle: price, stable: numberAt(bank, 'stable_price', price) },
    asset: { init: asset, maint: numberAt(bank, 'maint_asset_w', asset) },
    liability: { init: liability, maint: numberAt(bank, 'maint_liab_w', liability) },
  };
};

const accountOf = (input: Fields, banks: MangoBanks): MangoAccount => {
  const tokens = [...banks.keys()];
  const reserved = Object.keys(input)
    .filter((key) => key.startsWith('oo_'))
    .map((key) => reservedOf(input, key, banks));
  return {
    balances: new Map(tokens.map((token) => [token, numberAt(input, token, 0)])),
    perps: input['perp1'] === undefined ? [] : [perpOf(input)],
    reserved,
  };
};

const reservedOf = (input: Fields, key: string, banks: MangoBanks): MangoReserved => {
  const [, a, b] = key.split('_');
  const [quote, base] = [`t${a}`, `t${b}`];
  if (!banks.has(quote) || !banks.has(base))
    throw new CaseError(`${key}: Expected two tokens of the banks, was ${quote} and ${base}`);
  const [quoteAmount = 0, baseAmount = 0] = numbersAt(input, key);
  return { base, quote, baseAmount, quoteAmount };
};

const perpOf = (input: Fields): MangoPerp => {
  const [baseLots = 0, quote = 0, bidLots = 0, askLots = 0] = numbersAt(input, 'perp1');
  const [asset = NaN, liability = NaN] = numbersAt(input, 'perp1_base_weights');
  const [maintAsset = NaN, maintLiability = NaN] = numbersAt(input, 'perp1_maint_base_weights', [
    asset,
    liability,
  ]);
  const overall = numberAt(input, 'perp1_overall_positive_weight');
  const price = numberAt(input, 'perp1_base_price');
  return {
    settle: textAt(input, 'perp1_settle'),
    basePrices: { oracle: price, stable: numberAt(input, 'perp1_stable_price', price) },
    lotSize: numberAt(input, 'perp1_lot'),
    baseAsset: { init: asset, maint: maintAsset },
    baseLiability: { init: liability, maint: maintLiability },
    overallAsset: {
      init: overall,
      maint: numberAt(input, 'perp1_maint_overall_positive_weight', overall),
    },
    baseLots,
    quote,
    bidLots,
    askLots,
  };
};
