import {
  BASIS,
  CONCENTRATION,
  COVERAGE,
  INITIAL,
  MAINTENANCE,
  MarginKernel,
  RiskModel,
  SCAN,
  SHORT_OPTION,
  VENUE_CREDIT,
  type RiskParameters,
} from '@plinth/margin';
import type { Stage, World } from '../run/world.ts';
import { emptyJudged, type Judged } from './judged.ts';

/** Parts of the maintenance margin that are reported, summed over books. */
export const PARTS = ['scan', 'basis', 'shortOption', 'concentration', 'venueCredit', 'coverage'] as const;
export type Part = (typeof PARTS)[number];
const FIGURE: Readonly<Record<Part, number>> = {
  scan: SCAN,
  basis: BASIS,
  shortOption: SHORT_OPTION,
  concentration: CONCENTRATION,
  venueCredit: VENUE_CREDIT,
  coverage: COVERAGE,
};

export type HouseJudged = Judged & Readonly<{ parts: Readonly<Record<Part, Float64Array>> }>;

/** The broker's own kernel under a parameter set, at every step with what was known then. */
export const judgeByHouse = (stage: Stage, parameters: RiskParameters, name = 'house'): HouseJudged => {
  const { sample, worlds } = stage;
  const judged = emptyJudged(name, sample.books.length);
  const parts = Object.fromEntries(
    PARTS.map((part) => [part, new Float64Array(sample.books.length)]),
  ) as Record<Part, Float64Array>;
  for (const world of worlds) judgeWorld(world, parameters, { ...judged, parts });
  return { ...judged, parts };
};

const judgeWorld = (world: World, parameters: RiskParameters, { parts, ...judged }: HouseJudged): void => {
  const { book, catalogue, market, steps, indexes } = world;
  const model = new RiskModel(parameters, catalogue, market);
  const kernel = new MarginKernel(model);
  for (const { step, from, to } of steps) {
    world.moveTo(step);
    model.refresh();
    for (let account = from; account < to; account++) {
      const figures = kernel.value(book, account);
      const n = indexes[account] as number;
      judged.maintenance[n] = figures[MAINTENANCE] as number;
      judged.initial[n] = figures[INITIAL] as number;
      judged.unwinding[n] = figures[CONCENTRATION] as number;
      judged.placement[n] = (figures[COVERAGE] as number) + (figures[VENUE_CREDIT] as number);
      for (const part of PARTS) parts[part][n] = figures[FIGURE[part]] as number;
    }
  }
};
