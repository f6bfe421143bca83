import { NUMERAIRE, type Instrument } from './nouns.ts';

/**
 * What the prices of a contract are in: its settlement asset; USD for an inverse one, which settles in coin.
 */
export const priceAssetOf = ({ inverse, quoteAsset }: Pick<Instrument, 'inverse' | 'quoteAsset'>): string =>
  inverse ? NUMERAIRE : quoteAsset;

/** All contracts with one id are settled at one price. */
export const settlementIdOf = (underlying: string, priceAsset: string, expiresAtMs: number): string =>
  `${underlying}.${priceAsset}.${expiresAtMs}`;

type Dated = Pick<Instrument, 'underlying' | 'inverse' | 'quoteAsset' | 'expiresAtMs'>;

/** The settlement that an instrument ends with; undefined when it never expires. */
export const settlementOf = (instrument: Dated): string | undefined =>
  instrument.expiresAtMs === 0
    ? undefined
    : settlementIdOf(instrument.underlying, priceAssetOf(instrument), instrument.expiresAtMs);

/** Past its expiry an instrument neither trades nor gains margin; it waits for its settlement. */
export const isExpired = ({ expiresAtMs }: Pick<Instrument, 'expiresAtMs'>, atMs: number): boolean =>
  expiresAtMs !== 0 && atMs >= expiresAtMs;

/** Valued by the inverse of its price; the price of an inverse option is in its settlement asset already. */
export const isInverted = ({ inverse, kind }: Pick<Instrument, 'inverse' | 'kind'>): boolean =>
  inverse && kind !== 'option';
