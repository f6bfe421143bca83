import { InvalidArgumentError } from 'commander';

/** A place in the log. */
export const position = (given: string): bigint => {
  if (/^\d{1,18}$/.test(given)) return BigInt(given);
  throw new InvalidArgumentError(`Expected a position like 81204, was ${given}.`);
};

/** A position, or a time in ISO 8601, as the wire has them. */
export const logPlace = (given: string): Readonly<{ position: bigint; atMs: number }> => {
  if (/^\d{1,18}$/.test(given)) return { position: BigInt(given), atMs: 0 };
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : NaN;
  if (!Number.isNaN(atMs)) return { position: 0n, atMs };
  throw new InvalidArgumentError(`Expected a position or a time like 2026-03-01T14:02:00Z, was ${given}.`);
};

/** A signed share; what it may be is the venue's business. */
export const partsPerMillion = (given: string): number => {
  if (/^-?\d{1,7}$/.test(given)) return Number(given);
  throw new InvalidArgumentError(`Expected whole parts per million like -25 or 125000, was ${given}.`);
};

type Parts = Readonly<Record<string, string | undefined>>;

const matched = (pattern: RegExp, given: string, example: string): Parts => {
  const parts = pattern.exec(given)?.groups;
  if (parts === undefined) throw new InvalidArgumentError(`Expected ${example}, was ${given}.`);
  return parts;
};

const ORDER =
  /^(?<side>buy|sell):(?<quantity>[^:@]+):(?<instrument>[^:@]+)(@(?<price>[^:@]+))?(:(?<venue>[^:@]+))?$/;

/** `sell:0.5:BTC-PERP`, with `@price` and `:venue` behind it. */
export const hypotheticalOrder = (given: string) => {
  const { side, quantity, instrument, price, venue } = matched(
    ORDER,
    given,
    'an order like sell:0.5:BTC-PERP@60000:alpha (price and venue are optional)',
  );
  return { side, quantity, instrumentId: instrument, price: price ?? '', venueId: venue ?? '' };
};

const TRANSFER = /^(?<amount>[+-]?[^:]+):(?<asset>[^:]+):(?<location>.+)$/;

/** `-1000:USDC:venue:alpha`: out when negative. */
export const hypotheticalTransfer = (given: string) => {
  const { amount, asset, location } = matched(TRANSFER, given, 'a transfer like -1000:USDC:venue:alpha');
  return { amount, asset, location };
};

const MOVE = /^(?<underlying>[^=]+)=(?<move>.+)$/;

/** `BTC=-0.2`: a fall by 20 %. */
export const underlyingMove = (given: string) => {
  const { underlying, move } = matched(MOVE, given, 'a relative move like BTC=-0.2');
  return { underlying, move };
};
