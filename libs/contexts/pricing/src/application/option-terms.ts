import { priceAssetOf, settlementIdOf, type Instrument } from '@plinth/market';
import { textToFloat } from '@plinth/money';
import type { OptionTerms } from '../domain/option-marks.ts';
import { surfaceKey } from '../domain/surface.ts';

/** Dated futures by the settlement that they end with. */
export type FuturesBySettlement = ReadonlyMap<string, string>;

export const futuresOf = (instruments: Iterable<Instrument>): FuturesBySettlement =>
  new Map(
    [...instruments].flatMap((one) =>
      one.kind === 'future'
        ? [[settlementIdOf(one.underlying, priceAssetOf(one), one.expiresAtMs), one.id] as const]
        : [],
    ),
  );

/** What a round must know of an option; undefined for everything else. */
export const optionTermsOf = (
  instrument: Instrument,
  futures: FuturesBySettlement,
): OptionTerms | undefined => {
  const { kind, underlying, inverse, strike, optionType, expiresAtMs } = instrument;
  if (kind !== 'option') return undefined;
  const priceAsset = priceAssetOf(instrument);
  return {
    surface: surfaceKey(underlying, priceAsset),
    priceAsset,
    strike: textToFloat(strike, 'strike'),
    isCall: optionType === 'call',
    isInverse: inverse,
    expiresAtMs,
    futureId: futures.get(settlementIdOf(underlying, priceAsset, expiresAtMs)) ?? '',
  };
};
