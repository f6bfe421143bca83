import { floatToText } from '@plinth/money';
import { Random } from '../random.ts';
import { drawPath, type PricePath } from './price-path.ts';
import { hoursOf, phaseAt, ticksOf, type Scenario, type UnderlyingSpec, type VenueSpec } from './scenario.ts';

export type MadeLevel = Readonly<{ price: string; quantity: string }>;
export type MadeBook = Readonly<{
  instrumentId: string;
  bids: readonly MadeLevel[];
  asks: readonly MadeLevel[];
}>;
export type MadeQuote = Readonly<{
  instrumentId: string;
  venueId: string;
  price: string;
  confidence: string;
  volume: string;
}>;
export type MadeInstrument = Readonly<{
  instrumentId: string;
  kind: 'spot' | 'perpetual' | 'future';
  underlying: string;
  quoteAsset: string;
  expiresAtMs: number;
  tick: string;
  lot: string;
}>;

const LEVELS = 12;
/** Distance between two levels, in parts of the price: twelve of them span about 1 %. */
const LEVEL_STEP = 0.0008;
const FUTURE_YEARS = 0.25;
const FUTURE_BASIS = 0.06;
const YEAR_MS = 31_536_000_000;

const STABLE: UnderlyingSpec = {
  asset: 'USDC',
  price: 1,
  tick: '0.0001',
  lot: '0.01',
  scale: 6,
  beta: 0,
  own: 0,
  depthUsd: 20_000_000,
};

const digitsOf = (step: string): number => (step.includes('.') ? step.length - step.indexOf('.') - 1 : 0);

/** The market of a scenario: what its venues show at each tick. A function of scenario and seed alone. */
export class MadeMarket {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly path: PricePath;
  readonly ticks: number;

  constructor(scenario: Scenario, seed: number) {
    this.scenario = scenario;
    this.seed = seed;
    this.path = drawPath(scenario, seed);
    this.ticks = ticksOf(scenario);
  }

  timeOf(tick: number): number {
    return this.scenario.startsAtMs + tick * this.scenario.tickMs;
  }

  hourOf(tick: number): number {
    return (tick * hoursOf(this.scenario)) / this.ticks;
  }

  assets(): readonly UnderlyingSpec[] {
    return [STABLE, ...this.scenario.underlyings];
  }

  instruments(): readonly MadeInstrument[] {
    const expiry = this.scenario.startsAtMs + FUTURE_YEARS * YEAR_MS;
    const of = (spec: UnderlyingSpec, kind: MadeInstrument['kind'], id: string): MadeInstrument => ({
      instrumentId: id,
      kind,
      underlying: spec.asset,
      quoteAsset: 'USD',
      expiresAtMs: kind === 'future' ? expiry : 0,
      tick: spec.tick,
      lot: spec.lot,
    });
    const spots = this.assets().map((spec) => of(spec, 'spot', `${spec.asset}/USD`));
    const perpetuals = this.scenario.underlyings.map((spec) => of(spec, 'perpetual', `${spec.asset}-PERP`));
    const futures = this.scenario.underlyings
      .slice(0, 2)
      .map((spec) => of(spec, 'future', `${spec.asset}-QUARTER`));
    return [...spots, ...perpetuals, ...futures];
  }

  /** Mid price of an instrument before any venue's own noise. */
  midOf(instrument: MadeInstrument, tick: number): number {
    const spot = (this.path.prices.get(instrument.underlying) as Float64Array)[tick] as number;
    switch (instrument.kind) {
      case 'spot':
        return spot;
      case 'perpetual':
        return spot * (1 + this.#premium(instrument.underlying, tick));
      case 'future': {
        const years = (instrument.expiresAtMs - this.timeOf(tick)) / YEAR_MS;
        return spot * (1 + FUTURE_BASIS * years);
      }
    }
  }

  /** What one venue quotes for everything that it lists; nothing while it is down. */
  quotesAt(tick: number, venue: VenueSpec): readonly MadeQuote[] {
    if (this.conditionAt(tick, venue) === 'down') return [];
    const random = Random.of('quotes', this.seed, venue.venueId, tick);
    return this.instruments().map((instrument) => {
      const digits = digitsOf(instrument.tick);
      const spread = this.#halfSpread(venue, tick);
      const stray = random.chance(venue.strays.chance)
        ? venue.strays.size * (random.chance(0.5) ? 1 : -1)
        : 0;
      const price = this.#venueMid(instrument, venue, tick) * (1 + stray);
      return {
        instrumentId: instrument.instrumentId,
        venueId: venue.venueId,
        price: floatToText(price, digits + 1),
        confidence: floatToText(Math.max(price * spread, 10 ** -(digits + 1)), digits + 1, 'up'),
        volume: floatToText(this.#levelUsd(instrument, venue, tick) / price, 4),
      };
    });
  }

  booksAt(tick: number, venue: VenueSpec): readonly MadeBook[] {
    const random = Random.of('books', this.seed, venue.venueId, tick);
    return this.instruments().map((instrument) => {
      const mid = this.#venueMid(instrument, venue, tick);
      const usd = this.#levelUsd(instrument, venue, tick);
      const spread = this.#halfSpread(venue, tick);
      return {
        instrumentId: instrument.instrumentId,
        bids: levels(instrument, mid, usd, -1, spread, random),
        asks: levels(instrument, mid, usd, 1, spread, random),
      };
    });
  }

  conditionAt(tick: number, venue: VenueSpec): 'up' | 'down' | 'timeouts' {
    const hour = this.hourOf(tick);
    return venue.faults.find(({ fromHour, toHour }) => hour >= fromHour && hour < toHour)?.condition ?? 'up';
  }

  /** Funding rate of one interval: the premium, clamped to ±0.375 %. */
  fundingRate(underlying: string, tick: number): number {
    return Math.max(-0.00375, Math.min(0.00375, this.#premium(underlying, tick)));
  }

  /** Perpetuals trade below the index when it falls and above it when it rises: a tenth of the last hour's move, ≤ 0.5 %. */
  #premium(underlying: string, tick: number): number {
    const prices = this.path.prices.get(underlying) as Float64Array;
    const back = Math.max(0, tick - Math.max(1, Math.round(3_600_000 / this.scenario.tickMs)));
    const move = (prices[tick] as number) / (prices[back] as number) - 1;
    return Math.max(-0.005, Math.min(0.005, move / 10));
  }

  /** Each venue is a little off the market, the same for its book and its quote. */
  #venueMid(instrument: MadeInstrument, venue: VenueSpec, tick: number): number {
    const random = Random.of('mid', this.seed, venue.venueId, instrument.instrumentId, tick);
    return this.midOf(instrument, tick) * (1 + 0.3 * this.#halfSpread(venue, tick) * random.normal());
  }

  #halfSpread(venue: VenueSpec, tick: number): number {
    const { depth } = phaseAt(this.scenario, this.hourOf(tick));
    return venue.halfSpreadBps / 10_000 / depth;
  }

  #levelUsd(instrument: MadeInstrument, venue: VenueSpec, tick: number): number {
    const spec = this.assets().find(({ asset }) => asset === instrument.underlying) as UnderlyingSpec;
    const { depth } = phaseAt(this.scenario, this.hourOf(tick));
    return (spec.depthUsd * venue.depth * depth) / LEVELS;
  }
}

const levels = (
  instrument: MadeInstrument,
  mid: number,
  usd: number,
  sign: 1 | -1,
  halfSpread: number,
  random: Random,
): readonly MadeLevel[] => {
  const priceDigits = digitsOf(instrument.tick);
  const lotDigits = digitsOf(instrument.lot);
  const made: MadeLevel[] = [];
  let last = '';
  for (let level = 0; level < LEVELS; level += 1) {
    const raw = mid * (1 + sign * (halfSpread + level * LEVEL_STEP));
    const price = floatToText(raw, priceDigits, sign > 0 ? 'up' : 'down');
    const quantity = floatToText((usd * random.between(0.5, 1.5)) / raw, lotDigits, 'down');
    if (price === last || Number(quantity) <= 0) continue;
    last = price;
    made.push({ price, quantity });
  }
  return made;
};
