import { balanceKey, EQUITY, MAINTENANCE, RiskReduction, type PreparedFill } from '@plinth/margin';
import { SIGN, venueLocation } from '@plinth/market';
import { toSafeInteger } from '@plinth/money';
import { lineOf, type PortfolioView } from '@plinth/portfolio';
import type { LegTerms, PricedLeg } from '../domain/legs.ts';
import type { Health } from '../domain/planner.ts';
import { debtUnits, LEG_SCALE } from './tradable-legs.ts';

/** Where a leg stands in the margin library's tables. */
type Place = Readonly<{
  line: number;
  /** Balance that the fee is taken from. */
  feeFrom: number;
  sign: number;
  /** Most lots that reduce what there is: the last lot of a debt may buy back a little too much. */
  mostLots: number;
}>;

/** A leg with its fee, and a number that tells it apart. */
type Paid = Readonly<{ n: number; fill: PreparedFill }>;

/** Answers that are kept: a power of two. */
const ANSWERS = 256;

type Answer = Readonly<{ fills: readonly PreparedFill[]; health: Health }>;

/**
 * One account after hypothetical fills, by the margin library, many times over: its rows, its losses as they
 * are and the places of its legs are looked up once, and what was asked a moment ago is known. The same
 * figures as `PortfolioView.assess` gives. Good for one position of the log.
 */
export class HypotheticalAccount {
  readonly #portfolio: PortfolioView;
  readonly #accountId: string;
  readonly #reduction: RiskReduction;
  readonly #places = new Map<LegTerms, Place>();
  readonly #paid = new Map<PricedLeg, Paid>();
  readonly #free = new Map<PricedLeg, PreparedFill>();
  /** By a hash of the legs, the last one of each: a search comes back to the same legs. */
  readonly #answers: (Answer | undefined)[] = new Array<undefined>(ANSWERS).fill(undefined);

  constructor(portfolio: PortfolioView, accountId: string) {
    const { book, kernel } = portfolio;
    const account = portfolio.accountIndex(accountId);
    this.#portfolio = portfolio;
    this.#accountId = accountId;
    this.#reduction = new RiskReduction(kernel, book, account);
  }

  /** Margin once the legs are filled at their expected prices and their fees are paid. */
  health(legs: readonly PricedLeg[]): Health {
    const fills: PreparedFill[] = [];
    let hash = 0;
    for (const leg of legs) {
      const { n, fill } = this.#paidOf(leg);
      hash = (Math.imul(hash, 31) + n) | 0;
      fills.push(fill);
    }
    const place = hash & (ANSWERS - 1);
    const known = this.#answers[place];
    if (known !== undefined && areSame(known.fills, fills)) return known.health;
    const health = this.#value(fills);
    this.#answers[place] = { fills, health };
    return health;
  }

  #value(fills: readonly PreparedFill[]): Health {
    const { trial } = this.#reduction;
    trial.try(fills);
    const figures = this.#portfolio.kernel.valueMaintenance(trial.book, trial.account);
    return { equity: figures[EQUITY] as number, maintenanceMargin: figures[MAINTENANCE] as number };
  }

  /** True when the legs together make no scenario's loss grow; of a debt only as much counts as is owed. */
  isRiskReducing(legs: readonly PricedLeg[]): boolean {
    return this.#reduction.isReducing(legs.map((leg) => this.#freeOf(leg)));
  }

  #paidOf(leg: PricedLeg): Paid {
    const known = this.#paid.get(leg);
    if (known !== undefined) return known;
    const { terms, quantity, price, fee } = leg;
    const { line, feeFrom, sign } = this.#placeOf(terms);
    const fill = this.#reduction.trial.prepare({ line, quantity: sign * quantity, price, fee, feeFrom });
    const paid = { n: this.#paid.size + 1, fill };
    this.#paid.set(leg, paid);
    return paid;
  }

  #freeOf(leg: PricedLeg): PreparedFill {
    const known = this.#free.get(leg);
    if (known !== undefined) return known;
    const { terms, lots, quantity, price } = leg;
    const { line, feeFrom, sign, mostLots } = this.#placeOf(terms);
    const reducing = sign * (lots > mostLots ? mostLots * terms.lotSize : quantity);
    const free = this.#reduction.trial.prepare({ line, quantity: reducing, price, fee: 0, feeFrom });
    this.#free.set(leg, free);
    return free;
  }

  #placeOf(terms: LegTerms): Place {
    const known = this.#places.get(terms);
    if (known !== undefined) return known;
    const { reference, lines } = this.#portfolio;
    const { instruments, locations, assets } = lines.catalogue;
    const { instrumentId, marginVenueId, side } = terms;
    const { quoteAsset } = reference.instrument(instrumentId);
    const place = {
      line: instruments.indexOf(lineOf(instrumentId, marginVenueId)),
      feeFrom: balanceKey(locations.indexOf(venueLocation(marginVenueId)), assets.indexOf(quoteAsset)),
      sign: SIGN[side],
      mostLots: this.#mostLots(terms),
    };
    this.#places.set(terms, place);
    return place;
  }

  #mostLots({ kind, underlying, lot }: LegTerms): number {
    if (kind !== 'buy-back') return Infinity;
    const scale = this.#portfolio.ledger.scaleOf(underlying);
    const owed = debtUnits(this.#portfolio, this.#accountId, underlying) * 10n ** BigInt(LEG_SCALE - scale);
    return toSafeInteger(owed / lot);
  }
}

const areSame = (some: readonly PreparedFill[], others: readonly PreparedFill[]): boolean => {
  if (some.length !== others.length) return false;
  for (let n = 0; n < some.length; n += 1) if (some[n] !== others[n]) return false;
  return true;
};
