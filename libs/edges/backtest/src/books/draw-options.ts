import { blackGreeks } from '@plinth/options';
import type { Random } from '@plinth/maths';
import type { Content } from './draw.ts';
import { CUSTODY, type Leg, type OptionLeg } from './drawn-book.ts';
import type { Moment, Offer } from './moment.ts';
import type { OptionStyle } from './styles.ts';

/** Days to expiry of what is written and, of calendars, of the far side. */
const DAYS = [1, 3, 7, 14, 30, 60, 90, 180] as const;
const YEAR_DAYS = 365;
const DAY_MS = 86_400_000;

/** One coin at one venue: what the legs of a book are drawn from. */
type Desk = Readonly<{
  moment: Moment;
  offer: Offer;
  coin: string;
  price: number;
  size: number;
  random: Random;
}>;

/**
 * A random book with options on one coin; undefined where the moment has none. Strikes stand in standard
 * deviations to expiry; all legs are at one venue, or, one time in three, hedge and options at two.
 */
export const drawOptions = (
  moment: Moment,
  style: OptionStyle,
  size: number,
  random: Random,
): Content | undefined => {
  const coins = moment.optionCoins;
  if (coins.length === 0) return undefined;
  const coin = random.pick(coins);
  const offers = (moment.byUnderlying.get(coin) ?? []).filter(({ isVenue }) => isVenue);
  if (offers.length === 0) return undefined;
  const desk = { moment, offer: random.pick(offers), coin, price: moment.dollars(coin), size, random };
  const { legs, options, coins: held } = legsOf(desk, style);
  return collateralised(desk, { legs, options, coins: held });
};

type Legs = Readonly<{ legs: readonly Leg[]; options: readonly OptionLeg[]; coins: number }>;

const legsOf = (desk: Desk, style: OptionStyle): Legs => {
  const { random, size, price } = desk;
  const days = random.pick(DAYS);
  const of = (right: 'call' | 'put', away: number, quantity: number, at: number = days): OptionLeg =>
    optionAt(desk, right, away, quantity, at);
  const plain = (...options: readonly OptionLeg[]): Legs => ({ legs: [], options, coins: 0 });
  const coins = size / price;
  switch (style) {
    case 'covered': {
      const options = [of('call', random.between(0, 2), -coins * random.between(0.5, 1))];
      return random.chance(0.5)
        ? { legs: [], options, coins }
        : { legs: [hedge(desk, size)], options, coins: 0 };
    }
    case 'spread':
      return plain(...spread(desk, of, coins));
    case 'straddle': {
      const side = random.chance(0.75) ? -1 : 1;
      return plain(of('call', 0, side * coins), of('put', 0, side * coins * random.between(0.8, 1.2)));
    }
    case 'strangle':
      return plain(of('call', random.between(0.3, 2), -coins), of('put', -random.between(0.3, 2), -coins));
    case 'collar':
      return {
        legs: [hedge(desk, size)],
        options: [of('put', -random.between(0.2, 1.5), coins), of('call', random.between(0.2, 1.5), -coins)],
        coins: 0,
      };
    case 'reversal': {
      const side = random.chance(0.5) ? 1 : -1;
      return plain(
        of('call', random.between(0, 1.5), side * coins),
        of('put', -random.between(0, 1.5), -side * coins),
      );
    }
    case 'gamma': {
      const options = random.chance(0.5)
        ? [of('call', random.between(-1, 1), -coins), of('put', random.between(-1, 1), -coins)]
        : [of(random.pick(['call', 'put'] as const), random.between(-1, 1), -coins)];
      const delta = options.reduce((sum, leg) => sum + leg.quantity * deltaOf(desk, leg), 0);
      return { legs: [hedge(desk, -delta * price)], options, coins: 0 };
    }
    case 'calendar': {
      const [near, far] = random.pick([
        [1, 7],
        [7, 30],
        [14, 60],
        [30, 90],
        [30, 180],
      ] as const);
      const side = random.chance(0.5) ? 1 : -1;
      const right = random.pick(['call', 'put'] as const);
      const first = of(right, random.between(-0.7, 0.7), -side * coins, near);
      return plain(first, { ...first, quantity: side * coins, expiryMs: expiryOf(desk, far) });
    }
    case 'coin':
      return { legs: [], options: inverseLegs(desk, of, coins), coins: coins * random.between(0.2, 1) };
  }
};

type At = (right: 'call' | 'put', away: number, quantity: number) => OptionLeg;

const spread = ({ random }: Desk, of: At, coins: number): readonly OptionLeg[] => {
  const right = random.pick(['call', 'put'] as const);
  const side = random.chance(0.5) ? 1 : -1;
  const near = random.between(-0.5, 1);
  const far = near + random.between(0.3, 1.5);
  const towards = right === 'call' ? 1 : -1;
  return [of(right, towards * near, side * coins), of(right, towards * far, -side * coins)];
};

const inverseLegs = (desk: Desk, of: At, coins: number): readonly OptionLeg[] => {
  const { random } = desk;
  const drawn = (): readonly OptionLeg[] => {
    switch (random.below(4)) {
      case 0:
        return [of('call', random.between(0, 1.5), -coins)];
      case 1:
        return [of('put', -random.between(0, 1.5), -coins)];
      case 2:
        return [of('call', random.between(0.2, 1.5), -coins), of('put', -random.between(0.2, 1.5), -coins)];
      default:
        return spread(desk, of, coins);
    }
  };
  return drawn().map((leg): OptionLeg => ({ ...leg, form: 'inverse' }));
};

const expiryOf = ({ moment }: Desk, days: number): number => moment.atMs + days * DAY_MS;

/** An option `away` standard deviations from the money. */
const optionAt = (
  desk: Desk,
  right: 'call' | 'put',
  away: number,
  quantity: number,
  days: number,
): OptionLeg => {
  const { moment, coin, price, offer } = desk;
  const years = days / YEAR_DAYS;
  const deviation = moment.volatility(coin, price, years) * Math.sqrt(years);
  // Never nearer to nothing than a fifth of the price.
  const strike = price * Math.max(0.2, 1 + away * deviation);
  const common = { underlying: coin, venue: offer.venue, right, strike, quantity };
  return { ...common, expiryMs: expiryOf(desk, days), form: 'linear' };
};

const deltaOf = ({ moment, coin, price }: Desk, { right, strike, expiryMs }: OptionLeg): number => {
  const years = (expiryMs - moment.atMs) / DAY_MS / YEAR_DAYS;
  const volatility = moment.volatility(coin, strike, years);
  return blackGreeks({ isCall: right === 'call', forward: price, strike, volatility, years }).delta;
};

/** A perpetual at the same venue, or, one time in three, at any. */
const hedge = ({ moment, offer, coin, random }: Desk, dollars: number): Leg => {
  const others = (moment.byUnderlying.get(coin) ?? []).filter(({ isVenue }) => isVenue);
  return moment.leg(random.chance(1 / 3) ? random.pick(others) : offer, dollars);
};

/** Dollars of 15 to 75 % of the size, a part in custody; coins that belong to the book stand in custody. */
const collateralised = (desk: Desk, { legs, options, coins }: Legs): Content => {
  const { moment, offer, coin, size, random } = desk;
  const amount = size * random.between(0.15, 0.75);
  const kept = random.between(0.2, 0.6);
  const places = [...new Set([offer.venue, ...legs.map((leg) => moment.venueOf(leg))])];
  const dollars = places.map((location) => ({
    asset: 'USD',
    location,
    amount: (amount * (1 - kept)) / places.length,
  }));
  const held = coins > 0 ? [{ asset: coin, location: CUSTODY, amount: coins }] : [];
  const balances = [{ asset: 'USD', location: CUSTODY, amount: amount * kept }, ...dollars, ...held];
  return { legs, options, balances, debts: [] };
};
