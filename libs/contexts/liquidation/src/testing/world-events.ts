import type { NewEvent } from '@plinth/eventing';
import { EVENT_CATALOGUE, type EventType, type Posting } from '@plinth/messages';
import { addDecimal, decimalOf, formatDecimal, negateDecimal } from '@plinth/money';

/**
 * An event of which only the fields that matter are given; the codec makes the others what they are when
 * unset.
 */
export const made = <T extends EventType>(type: T, data: Readonly<Record<string, unknown>>): NewEvent =>
  ({ type, data: EVENT_CATALOGUE[type].codec.fromJSON(data) }) as unknown as NewEvent;

export const minus = (text: string): string => formatDecimal(negateDecimal(decimalOf(text)));
export const plus = (a: string, b: string): string => formatDecimal(addDecimal(decimalOf(a), decimalOf(b)));
export const isUnderZero = (text: string): boolean => decimalOf(text).lt(decimalOf('0'));

export const transfer = (from: string, to: string, asset: string, amount: string): Posting[] => [
  { account: from, asset, amount: minus(amount) },
  { account: to, asset, amount },
];

export const smaller = (a: string, b: string): string => (decimalOf(a).lt(decimalOf(b)) ? a : b);

export const venue = (venueId: string): NewEvent =>
  made('VenueRegistered', {
    ...{ venueId, kind: 'cex', takerFeePpm: 500, creditLimit: '5000000' },
    ...{
      defaultProbabilityPpm: 1_000,
      lossGivenDefaultPpm: 600_000,
      requirementPpm: 50_000,
      transferablePpm: 900_000,
    },
    listings: ['BTC-PERP', 'ETH-PERP', 'BTC/USD', 'ETH/USD', 'USDC/USD'].map((instrumentId) => ({
      ...{
        instrumentId,
        lot: '0.001',
        tick: instrumentId === 'USDC/USD' ? '0.0001' : '0.01',
        minQuantity: '0.001',
      },
    })),
  });

/** How much of a holding, in 1e-6 units, pays how much of a debt in USD. */
export const exchangeOf = (
  held: number,
  debt: number,
  price: string,
): Readonly<{ gone: string; paid: string }> => {
  const needed = Math.ceil((debt / Number(price)) * 1e6) / 1e6;
  const paid = needed <= held ? debt : Math.floor(held * Number(price) * 1e6) / 1e6;
  const text = (value: number): string => formatDecimal(decimalOf(value.toFixed(6)));
  return { gone: text(Math.min(held, needed)), paid: text(paid) };
};
