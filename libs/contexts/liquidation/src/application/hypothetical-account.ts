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

/** A leg with its fee, and as it is judged whether it reduces risk. */
type Fills = Readonly<{ paid: PreparedFill; free: PreparedFill }>;

/**
 * One account after hypothetical fills, by the margin library, many times over: its rows, its losses as they
 * are and the places of its legs are looked up once, each question copies rows and values them. The same
 * figures as `PortfolioView.assess` gives. Good for one position of the log.
 */
export class HypotheticalAccount {
  readonly #portfolio: PortfolioView;
  readonly #accountId: string;
  readonly #reduction: RiskReduction;
  readonly #places = new Map<LegTerms, Place>();
  readonly #fills = new Map<PricedLeg, Fills>();

  constructor(portfolio: PortfolioView, accountId: string) {
    const { book, kernel } = portfolio;
    const account = portfolio.accountIndex(accountId);
    this.#portfolio = portfolio;
    this.#accountId = accountId;
    this.#reduction = new RiskReduction(kernel, book, account);
  }

  /** Margin once the legs are filled at their expected prices and their fees are paid. */
  health(legs: readonly PricedLeg[]): Health {
    const { trial } = this.#reduction;
    trial.try(legs.map((leg) => this.#fillsOf(leg).paid));
    const figures = this.#portfolio.kernel.valueMaintenance(trial.book, trial.account);
    return { equity: figures[EQUITY] as number, maintenanceMargin: figures[MAINTENANCE] as number };
  }

  /** True when the legs together make no scenario's loss grow; of a debt only as much counts as is owed. */
  isRiskReducing(legs: readonly PricedLeg[]): boolean {
    return this.#reduction.isReducing(legs.map((leg) => this.#fillsOf(leg).free));
  }

  #fillsOf(leg: PricedLeg): Fills {
    const known = this.#fills.get(leg);
    if (known !== undefined) return known;
    const { terms, lots, quantity, price, fee } = leg;
    const { line, feeFrom, sign, mostLots } = this.#placeOf(terms);
    const reducing = lots > mostLots ? mostLots * terms.lotSize : quantity;
    const { trial } = this.#reduction;
    const fills = {
      paid: trial.prepare({ line, quantity: sign * quantity, price, fee, feeFrom }),
      free: trial.prepare({ line, quantity: sign * reducing, price, fee: 0, feeFrom }),
    };
    this.#fills.set(leg, fills);
    return fills;
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
