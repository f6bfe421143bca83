import { bundlesOf } from './bundles.ts';
import type { Bundle, LegTerms, PricedLeg } from './legs.ts';
import { priceLeg } from './legs.ts';
import { LIMITS } from './limits.ts';

/** Margin of the account after hypothetical fills, USD. */
export type Health = Readonly<{ equity: number; maintenanceMargin: number }>;

/** What a policy plans with: what may be traded, and the margin library's answers. */
export type PlanProblem = Readonly<{
  legs: readonly LegTerms[];
  /** Margin once the legs are filled at their expected prices and fees. */
  assess: (legs: readonly PricedLeg[]) => Health;
  /** True when no scenario's loss grows. */
  isRiskReducing: (legs: readonly PricedLeg[]) => boolean;
  /** The plan is done when equity ≥ targetRatio · maintenance margin. */
  targetRatio: number;
  /** Everything has to go: the account owes more than it has. */
  isInsolvent: boolean;
}>;

export type PlannedLeg = PricedLeg & Readonly<{ relief: number }>;

export type Plan = Readonly<{
  legs: readonly PlannedLeg[];
  before: Health;
  expected: Health;
  isReached: boolean;
}>;

type Pick = { readonly bundle: Bundle; steps: number };

/** A pick with what the account comes to by it. */
type Candidate = Readonly<{ pick: Pick; legs: readonly PricedLeg[]; health: Health; score: number }>;

/** USD by which an account is below its target: ratio · MM − equity. */
const deficitOf = (health: Health, ratio: number): number => ratio * health.maintenanceMargin - health.equity;

/** Figures closer to the target than this are on it: sums of doubles round. */
const EPSILON_USD = 1e-9;

/**
 * A search over bundles of legs: what has been picked so far, and the margin after it. Legs are priced for
 * the sum of all picks, so that impact is never counted too low.
 */
class Search {
  readonly problem: PlanProblem;
  readonly before: Health;
  readonly #picks: Pick[] = [];
  /** Most lots of each leg in one step. */
  readonly #limits: readonly number[];
  /** Lots of each leg in all picks, what they cost, and whether each is within its limit. */
  readonly #lots: number[];
  readonly #now: (PricedLeg | undefined)[];
  /** The same with one more pick. */
  readonly #then: (PricedLeg | undefined)[];
  #isWithin = true;
  /** What lots of each leg cost, as far as it was asked. */
  readonly #prices: readonly Map<number, PricedLeg>[];

  constructor(problem: PlanProblem) {
    const { legs } = problem;
    this.problem = problem;
    this.#limits = legs.map((leg) => Math.min(leg.totalLots, leg.stepLots));
    this.#lots = legs.map(() => 0);
    this.#now = legs.map(() => undefined);
    this.#then = legs.map(() => undefined);
    this.#prices = legs.map(() => new Map());
    this.before = problem.assess([]);
  }

  get picks(): readonly Pick[] {
    return this.#picks;
  }

  add(pick: Pick, place = this.#picks.length): void {
    this.#picks.splice(place, 0, pick);
    this.#sumUp();
  }

  /** Takes a pick out; returns its place. */
  remove(pick: Pick): number {
    const place = this.#picks.indexOf(pick);
    this.#picks.splice(place, 1);
    this.#sumUp();
    return place;
  }

  #sumUp(): void {
    const lots = this.#lots;
    lots.fill(0);
    for (const { bundle, steps } of this.#picks) {
      const of = bundle.lotsAt(steps);
      for (let n = 0; n < of.length; n += 1) {
        const leg = bundle.legs[n] as number;
        lots[leg] = (lots[leg] as number) + (of[n] as number);
      }
    }
    this.#isWithin = true;
    for (let leg = 0; leg < lots.length; leg += 1) {
      const own = lots[leg] as number;
      if (own > (this.#limits[leg] as number)) this.#isWithin = false;
      this.#now[leg] = this.#price(leg, own);
    }
  }

  /** False when a leg has no more. */
  fits({ bundle, steps }: Pick): boolean {
    if (!this.#isWithin) return false;
    const of = bundle.lotsAt(steps);
    for (let n = 0; n < of.length; n += 1) {
      const leg = bundle.legs[n] as number;
      if ((this.#lots[leg] as number) + (of[n] as number) > (this.#limits[leg] as number)) return false;
    }
    return true;
  }

  /** The legs of all picks and of this one; undefined when a leg has no more. */
  priced(added?: Pick): readonly PricedLeg[] | undefined {
    if (added === undefined) return this.#isWithin ? traded(this.#now) : undefined;
    if (!this.fits(added)) return undefined;
    this.#extend(added);
    return traded(this.#then);
  }

  /** The same of a pick that fits; undefined when it makes no leg trade more. */
  increased(added: Pick): readonly PricedLeg[] | undefined {
    return this.#extend(added) ? traded(this.#then) : undefined;
  }

  /** Works out what a pick that fits makes of every leg; true when one trades more. */
  #extend({ bundle, steps }: Pick): boolean {
    const now = this.#now;
    const then = this.#then;
    for (let leg = 0; leg < now.length; leg += 1) then[leg] = now[leg];
    const of = bundle.lotsAt(steps);
    let isMore = false;
    for (let n = 0; n < of.length; n += 1) {
      const leg = bundle.legs[n] as number;
      const priced = this.#price(leg, (this.#lots[leg] as number) + (of[n] as number));
      if (priced !== now[leg]) isMore = true;
      then[leg] = priced;
    }
    return isMore;
  }

  /** One object for what trades alike; undefined for nothing. */
  #price(leg: number, wanted: number): PricedLeg | undefined {
    if (wanted <= 0) return undefined;
    const terms = this.problem.legs[leg] as LegTerms;
    const lots = tradable(terms, wanted);
    const prices = this.#prices[leg] as Map<number, PricedLeg>;
    const known = prices.get(lots);
    if (known !== undefined) return known;
    const priced = priceLeg(terms, lots);
    prices.set(lots, priced);
    return priced;
  }

  isReached(health: Health): boolean {
    return deficitOf(health, this.problem.targetRatio) <= EPSILON_USD;
  }

  deficit(health: Health): number {
    return deficitOf(health, this.problem.targetRatio);
  }

  /** From here on every leg stands for itself, so that each can be cut back to what is needed of it. */
  loosen(): void {
    const legs = this.#isWithin ? this.problem.legs : [];
    const lots = legs.map((terms, leg) => tradable(terms, this.#lots[leg] as number));
    this.#picks.length = 0;
    lots.forEach((steps, leg) => {
      const bundle = { name: 'leg', legs: [leg], steps, lotsAt: (step: number) => [step] };
      if (steps > 0) this.#picks.push({ bundle, steps });
    });
    this.#sumUp();
  }

  /** Does the account reach its target by these legs, without any scenario's loss growing? */
  reaches(legs: readonly PricedLeg[] | undefined): boolean {
    if (legs === undefined) return false;
    return this.isReached(this.problem.assess(legs)) && this.problem.isRiskReducing(legs);
  }
}

const traded = (all: readonly (PricedLeg | undefined)[]): readonly PricedLeg[] => {
  const legs: PricedLeg[] = [];
  for (const leg of all) if (leg !== undefined) legs.push(leg);
  return legs;
};

/** Lots as a venue takes them: not below its minimum, and no rest below it left behind. */
const tradable = ({ totalLots, minLots }: LegTerms, lots: number): number => {
  if (lots === 0) return 0;
  const enough = Math.max(lots, minLots);
  const rest = totalLots - enough;
  return rest > 0 && rest < minLots ? totalLots : Math.min(enough, totalLots);
};

/**
 * Greedy by margin relief per unit of cost: again and again the bundle whose next part closes most of the
 * deficit per dollar of expected cost and makes no scenario's loss grow; the last one is sized by
 * bisection, and afterwards every pick is cut back as far as the target allows, so that only the minimum is
 * traded.
 */
export const planCheapest = (problem: PlanProblem): Plan => {
  const search = new Search(problem);
  const bundles = bundlesOf(problem.legs.slice(0, LIMITS.legsMax));
  let health = search.before;
  while (!isDone(search, health) && search.picks.length < LIMITS.picksMax) {
    const best = bestPick(search, bundles, health);
    if (best === undefined) break;
    const { pick } = best;
    const { steps } = pick;
    if (search.isReached(best.health) && !problem.isInsolvent) pick.steps = fewestSteps(search, pick);
    search.add(pick);
    health = pick.steps === steps ? best.health : problem.assess(search.priced() ?? []);
  }
  if (search.isReached(health) && !problem.isInsolvent) {
    trim(search);
    search.loosen();
    trim(search);
  }
  return finish(search);
};

const isDone = (search: Search, health: Health): boolean =>
  !search.problem.isInsolvent && search.isReached(health);

/** Every bundle's next part, best first; the first that makes no scenario's loss grow. */
const bestPick = (search: Search, bundles: readonly Bundle[], health: Health): Candidate | undefined => {
  const now = search.deficit(health);
  const costNow = costOf(search.priced() ?? []);
  const scored: Candidate[] = [];
  for (const bundle of bundles) {
    const steps = nextPart(search, bundle);
    if (steps === 0) continue;
    const pick = { bundle, steps };
    const legs = search.increased(pick);
    if (legs === undefined) continue;
    const after = search.problem.assess(legs);
    const relief = now - search.deficit(after);
    const cost = Math.max(costOf(legs) - costNow, 1e-6);
    if (relief <= 0 && !search.problem.isInsolvent) continue;
    scored.push({ pick, legs, health: after, score: relief / cost });
  }
  scored.sort((a, b) => b.score - a.score);
  return scored.find(({ legs }) => search.problem.isRiskReducing(legs));
};

const costOf = (legs: readonly PricedLeg[]): number => {
  let sum = 0;
  for (const { cost } of legs) sum += cost;
  return sum;
};

/** A quarter of what is left of a bundle, all of it for an insolvent account; 0 when nothing is left. */
const nextPart = (search: Search, bundle: Bundle): number => {
  let left = bundle.steps;
  for (const pick of search.picks) if (pick.bundle === bundle) left -= pick.steps;
  const part = search.problem.isInsolvent ? left : Math.ceil(left / 4);
  return search.fits({ bundle, steps: part }) ? part : mostSteps(search, bundle, part);
};

/** Legs may have been used up by other bundles: the most steps below `tooMany` that still fit. */
const mostSteps = (search: Search, bundle: Bundle, tooMany: number): number => {
  let [low, high] = [0, tooMany - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (search.fits({ bundle, steps: middle })) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** Fewest steps of a pick that still reach the target, given that all of them do. */
const fewestSteps = (search: Search, pick: Pick): number => {
  let [low, high] = [0, pick.steps];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (search.reaches(search.priced({ bundle: pick.bundle, steps: middle }))) high = middle;
    else low = middle;
  }
  return high;
};

/** Cuts every pick back, the last one first, while the target stays reached, as it is by all of them. */
const trim = (search: Search): void => {
  for (const pick of [...search.picks].reverse()) {
    const place = search.remove(pick);
    if (search.reaches(search.priced() ?? [])) continue;
    if (search.fits(pick)) pick.steps = fewestSteps(search, pick);
    search.add(pick, place);
  }
};

/** The legs with what each gives back: how much of the deficit would be open without it. */
const finish = (search: Search): Plan => {
  const { problem, before } = search;
  const legs = search.priced() ?? [];
  const expected = problem.assess(legs);
  const planned = legs.map((leg) => {
    const without = problem.assess(legs.filter((other) => other !== leg));
    return { ...leg, relief: without.maintenanceMargin - expected.maintenanceMargin };
  });
  return { legs: planned, before, expected, isReached: search.isReached(expected) };
};
