import type { Random } from '@plinth/maths';
import { CUSTODY, type DrawnBook, type Holding, type Leg } from './drawn-book.ts';
import type { Moment, Offer } from './moment.ts';
import { drawOptions } from './draw-options.ts';
import { isOptionStyle, type Style } from './styles.ts';

/** Dollars of the largest side: from ten thousand to three million, every order of magnitude as often. */
const SIZES = [1e4, 10 ** 4.5, 1e5, 10 ** 5.5, 1e6, 10 ** 6.5] as const;

export type Content = Omit<DrawnBook, 'style' | 'step' | 'options'> & Partial<Pick<DrawnBook, 'options'>>;

/** A random book of a style; undefined where the moment does not offer what it needs. */
export const drawBook = (moment: Moment, style: Style, random: Random): DrawnBook | undefined => {
  const content = contentFor(moment, style, random);
  return content === undefined ? undefined : { style, step: moment.step, options: [], ...content };
};

const contentFor = (moment: Moment, style: Style, random: Random): Content | undefined => {
  const size = sizeOf(random);
  if (isOptionStyle(style)) return drawOptions(moment, style, size, random);
  switch (style) {
    case 'basis':
    case 'quotes':
      return basis(moment, style, size, random);
    case 'spot':
      return spot(moment, size, random);
    case 'stable': {
      if (moment.stables.length === 0) return undefined;
      const asset = random.pick(moment.stables);
      return withCollateral(moment, anyLegs(moment, size, random), size, asset, random);
    }
    case 'long':
    case 'short':
    case 'pair':
    case 'hedged':
      return withCollateral(moment, legsOf(moment, style, size, random), size, 'USD', random);
  }
};

const sizeOf = (random: Random): number => {
  const n = random.below(SIZES.length - 1);
  const [low, high] = [SIZES[n] as number, SIZES[n + 1] as number];
  return random.between(low, high);
};

const anyLegs = (moment: Moment, size: number, random: Random): readonly Leg[] | undefined => {
  const styles = ['long', 'short', 'pair', 'hedged'] as const;
  return legsOf(moment, random.pick(styles), size, random) ?? legsOf(moment, 'long', size, random);
};

const legsOf = (
  moment: Moment,
  style: 'long' | 'short' | 'pair' | 'hedged',
  size: number,
  random: Random,
): readonly Leg[] | undefined => {
  switch (style) {
    case 'long':
      return directional(moment, size, random);
    case 'short':
      return directional(moment, -size, random);
    case 'pair':
      return pair(moment, size, random);
    case 'hedged':
      return hedged(moment, size, random);
  }
};

const directional = (moment: Moment, size: number, random: Random): readonly Leg[] | undefined => {
  const coins = shuffled([...moment.byUnderlying.values()], random).slice(0, 1 + random.below(4));
  if (coins.length === 0) return undefined;
  const shares = coins.map(() => random.between(0.3, 1));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return coins.map((offers, n) => moment.leg(random.pick(offers), (size * (shares[n] as number)) / total));
};

const pair = (moment: Moment, size: number, random: Random): readonly Leg[] | undefined => {
  const [one, other] = shuffled([...moment.byUnderlying.values()], random);
  if (one === undefined || other === undefined) return undefined;
  return [
    moment.leg(random.pick(one), size),
    moment.leg(random.pick(other), -size * random.between(0.8, 1.2)),
  ];
};

/** Legs on both sides over coins and venues; the last ones take up what is left of the net exposure. */
const hedged = (moment: Moment, size: number, random: Random): readonly Leg[] | undefined => {
  const offers = shuffled(moment.offers, random).slice(0, 3 + random.below(4));
  if (offers.length < 3) return undefined;
  const amounts = offers.map((_, n) => (n % 2 === 0 ? 1 : -1) * random.between(0.3, 1));
  const total = (sign: 1 | -1): number =>
    amounts.reduce((sum, amount) => sum + Math.max(0, amount * sign), 0);
  const [long, short] = [total(1), total(-1)];
  const left = random.between(0.9, 1.1);
  return offers.map((offer, n) => {
    const amount = amounts[n] as number;
    return moment.leg(offer, amount > 0 ? (size * amount) / long : (size * left * amount) / short);
  });
};

/** Two offers of one coin at different venues, paid in one asset or in two. */
const pairsFor = (moment: Moment, style: 'basis' | 'quotes'): readonly (readonly [Offer, Offer])[] =>
  [...moment.byUnderlying.values()].flatMap((offers) => {
    const traded = offers.filter(({ isVenue }) => isVenue);
    return traded.flatMap((one) =>
      traded
        .filter(({ venue, paidIn }) => venue !== one.venue && (paidIn === one.paidIn) === (style === 'basis'))
        .map((other) => [one, other] as const),
    );
  });

const basis = (
  moment: Moment,
  style: 'basis' | 'quotes',
  size: number,
  random: Random,
): Content | undefined => {
  const pairs = pairsFor(moment, style);
  if (pairs.length === 0) return undefined;
  const [long, short] = random.pick(pairs);
  const sold = moment.leg(short, -size * random.between(0.95, 1.05));
  const isInCustody = style === 'basis' && short.paidIn === 'USD' && random.chance(0.3);
  if (!isInCustody) return withCollateral(moment, [moment.leg(long, size), sold], size, 'USD', random);
  const coin = { asset: long.underlying, location: CUSTODY, amount: size / moment.dollars(long.underlying) };
  const book = withCollateral(moment, [sold], size, 'USD', random);
  return book && { ...book, balances: [...book.balances, coin] };
};

const spot = (moment: Moment, size: number, random: Random): Content | undefined => {
  if (moment.coins.length === 0) return undefined;
  const coin = random.pick(moment.coins);
  const money = random.chance(0.5) ? 'USD' : random.pick(['USD', ...moment.stables]);
  const [coinPrice, moneyPrice] = [moment.dollars(coin), moment.dollars(money)];
  const owed = size * random.between(0.3, 0.75);
  if (random.chance(0.8))
    return {
      legs: [],
      balances: [{ asset: coin, location: CUSTODY, amount: size / coinPrice }],
      debts: [{ asset: money, amount: owed / moneyPrice }],
    };
  return {
    legs: [],
    balances: [{ asset: money, location: CUSTODY, amount: size / moneyPrice }],
    debts: [{ asset: coin, amount: owed / coinPrice }],
  };
};

/** Collateral of 15 to 75 % of the size, a part of it in custody, the rest at the venues of the legs. */
const withCollateral = (
  moment: Moment,
  legs: readonly Leg[] | undefined,
  size: number,
  asset: string,
  random: Random,
): Content | undefined => {
  if (legs === undefined) return undefined;
  const amount = (size * random.between(0.15, 0.75)) / moment.dollars(asset);
  const kept = random.between(0.2, 0.6);
  const venues = [...new Set(legs.map((leg) => moment.venueOf(leg)))];
  const balances = venues.map((location): Holding => ({
    asset,
    location,
    amount: (amount * (1 - kept)) / venues.length,
  }));
  return { legs, balances: [{ asset, location: CUSTODY, amount: amount * kept }, ...balances], debts: [] };
};

const shuffled = <T>(items: readonly T[], random: Random): readonly T[] => {
  const out = [...items];
  for (let n = out.length - 1; n > 0; n--) {
    const m = random.below(n + 1);
    [out[n], out[m]] = [out[m] as T, out[n] as T];
  }
  return out;
};
