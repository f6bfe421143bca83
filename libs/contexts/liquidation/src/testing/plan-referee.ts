import { bundlesOf } from '../domain/bundles.ts';
import type { Bundle, LegTerms, PricedLeg } from '../domain/legs.ts';
import { priceLeg } from '../domain/legs.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Health, Plan, PlanProblem } from '../domain/planner.ts';

// The search of the planner with nothing kept between two questions: the referee of the one in use.

type Pick = { readonly bundle: Bundle; steps: number };

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
  readonly picks: Pick[] = [];
  readonly before: Health;

  constructor(problem: PlanProblem) {
    this.problem = problem;
    this.before = problem.assess([]);
  }

  /** Lots of every leg with this pick added; undefined when a leg has no more. */
  lotsWith(added?: Pick): readonly number[] | undefined {
    const lots = new Array<number>(this.problem.legs.length).fill(0);
    for (const { bundle, steps } of added === undefined ? this.picks : [...this.picks, added]) {
      const of = bundle.lotsAt(steps);
      bundle.legs.forEach((leg, n) => (lots[leg] = (lots[leg] as number) + (of[n] as number)));
    }
    const isWithin = this.problem.legs.every(
      (leg, n) => (lots[n] as number) <= Math.min(leg.totalLots, leg.stepLots),
    );
    return isWithin ? lots.map((of, n) => tradable(this.problem.legs[n] as LegTerms, of)) : undefined;
  }

  priced(added?: Pick): readonly PricedLeg[] | undefined {
    const lots = this.lotsWith(added);
    return lots?.flatMap((of, n) => (of > 0 ? [priceLeg(this.problem.legs[n] as LegTerms, of)] : []));
  }

  isReached(health: Health): boolean {
    return deficitOf(health, this.problem.targetRatio) <= EPSILON_USD;
  }

  deficit(health: Health): number {
    return deficitOf(health, this.problem.targetRatio);
  }

  /** From here on every leg stands for itself, so that each can be cut back to what is needed of it. */
  loosen(): void {
    const lots = this.lotsWith() ?? [];
    this.picks.length = 0;
    lots.forEach((steps, leg) => {
      const bundle = { name: 'leg', legs: [leg], steps, lotsAt: (step: number) => [step] };
      if (steps > 0) this.picks.push({ bundle, steps });
    });
  }

  /** Does the account reach its target, without any scenario's loss growing, with this pick added? */
  reachesWith(added: Pick): boolean {
    const legs = this.priced(added);
    if (legs === undefined) return false;
    return this.isReached(this.problem.assess(legs)) && this.problem.isRiskReducing(legs);
  }
}

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
export const planTheLongWay = (problem: PlanProblem): Plan => {
  const search = new Search(problem);
  const bundles = bundlesOf(problem.legs.slice(0, LIMITS.legsMax));
  let health = search.before;
  while (!isDone(search, health) && search.picks.length < LIMITS.picksMax) {
    const pick = bestPick(search, bundles, health);
    if (pick === undefined) break;
    if (search.reachesWith(pick) && !problem.isInsolvent) pick.steps = fewestSteps(search, pick);
    search.picks.push(pick);
    health = problem.assess(search.priced() ?? []);
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
const bestPick = (search: Search, bundles: readonly Bundle[], health: Health): Pick | undefined => {
  const now = search.deficit(health);
  const costNow = costOf(search.priced() ?? []);
  const scored: Readonly<{ pick: Pick; legs: readonly PricedLeg[]; score: number }>[] = [];
  for (const bundle of bundles) {
    const steps = nextPart(search, bundle);
    if (steps === 0) continue;
    const pick = { bundle, steps };
    const legs = search.priced(pick);
    if (legs === undefined) continue;
    const relief = now - search.deficit(search.problem.assess(legs));
    const cost = Math.max(costOf(legs) - costNow, 1e-6);
    if (relief <= 0 && !search.problem.isInsolvent) continue;
    scored.push({ pick, legs, score: relief / cost });
  }
  scored.sort((a, b) => b.score - a.score);
  return scored.find(({ legs }) => search.problem.isRiskReducing(legs))?.pick;
};

const costOf = (legs: readonly PricedLeg[]): number => legs.reduce((sum, { cost }) => sum + cost, 0);

/** A quarter of what is left of a bundle, all of it for an insolvent account; 0 when nothing is left. */
const nextPart = (search: Search, bundle: Bundle): number => {
  const used = search.picks.reduce((sum, pick) => (pick.bundle === bundle ? sum + pick.steps : sum), 0);
  const left = bundle.steps - used;
  const part = search.problem.isInsolvent ? left : Math.ceil(left / 4);
  // Legs may have been used up by other bundles: the most that still fits.
  let [low, high] = [0, part];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (search.lotsWith({ bundle, steps: middle }) === undefined) high = middle - 1;
    else low = middle;
  }
  return changesAnything(search, bundle, low) ? low : 0;
};

const changesAnything = (search: Search, bundle: Bundle, steps: number): boolean => {
  if (steps === 0) return false;
  const [before, after] = [search.lotsWith(), search.lotsWith({ bundle, steps })];
  return after?.some((lots, n) => lots !== before?.[n]) ?? false;
};

/** Fewest steps of a pick that still reach the target, given that all of them do. */
const fewestSteps = (search: Search, pick: Pick): number => {
  let [low, high] = [0, pick.steps];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (search.reachesWith({ bundle: pick.bundle, steps: middle })) high = middle;
    else low = middle;
  }
  return high;
};

/** Cuts every pick back, the last one first, while the target stays reached. */
const trim = (search: Search): void => {
  for (const pick of [...search.picks].reverse()) {
    const place = search.picks.indexOf(pick);
    search.picks.splice(place, 1);
    const without = search.priced() ?? [];
    const isNeedless =
      search.isReached(search.problem.assess(without)) && search.problem.isRiskReducing(without);
    if (isNeedless) continue;
    if (search.reachesWith(pick)) pick.steps = fewestSteps(search, pick);
    search.picks.splice(place, 0, pick);
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
