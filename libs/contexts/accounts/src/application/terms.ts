import { lendingIndexOf } from '@plinth/money';
import type { FillInstrument } from '../domain/account-commands.ts';
import type { AssetTerms } from '../domain/loans.ts';
import type { AccountsViews } from './views.ts';

/** Scale and pool indices of a listed asset, as the views have them now. */
export const assetTerms = (asset: string, { reference, pools }: AccountsViews): AssetTerms => ({
  asset,
  scale: reference.scaleOf(asset),
  borrowIndex: lendingIndexOf(pools.borrowIndex(asset)),
  supplyIndex: lendingIndexOf(pools.supplyIndex(asset)),
});

export const fillInstrument = (instrumentId: string, { reference }: AccountsViews): FillInstrument => {
  const instrument = reference.instrument(instrumentId);
  const { kind, underlying, quoteAsset, contractSize, inverse, strike, optionType } = instrument;
  return { kind, underlying, quoteAsset, contractSize, inverse, strike, optionType };
};
