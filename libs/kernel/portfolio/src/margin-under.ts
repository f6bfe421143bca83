import { MarginInputError, type AccountContent } from '@plinth/margin';
import {
  MARGIN_MODELS,
  modelInput,
  houseRequirementOf,
  type Evidence,
  type Requirement,
  type RulebookName,
  type RulebookParameters,
} from '@plinth/margin/models';
import type { BookPlace, PortfolioView } from './portfolio-view.ts';

/** A book under one rulebook, USD; or why the rulebook does not judge it. */
export type MarginUnder = Readonly<{
  model: RulebookName;
  evidence: Evidence;
  parametersVersion: number;
}> &
  (
    | Readonly<{ requirement: Requirement; apart: Apart | undefined; refusal?: undefined }>
    | Readonly<{ requirement?: undefined; apart?: undefined; refusal: string }>
  );

/** What all venues together ask for when each sees only what stands there. */
export type Apart = Readonly<{ initial: number; maintenance: number }>;

/** The book at a place under each of the rulebooks, in their order. */
export const marginUnder = (
  portfolio: PortfolioView,
  place: BookPlace,
  models: readonly RulebookName[],
): readonly MarginUnder[] => {
  const content = place.book.read(place.index);
  const parameters: RulebookParameters = {
    ...portfolio.rulebooks.peers,
    house: portfolio.marginParameters,
  };
  return models.map((model) => {
    const { evidence } = MARGIN_MODELS[model];
    const parametersVersion =
      model === 'house' ? portfolio.parameters.version : portfolio.rulebooks.versionOf(model);
    const judged = { model, evidence, parametersVersion };
    try {
      if (model === 'house')
        return { ...judged, requirement: houseRequirement(portfolio, place), apart: undefined };
      const judge = (location?: string): Requirement => {
        const input = modelInput(content, portfolio.lines, {
          ...(location === undefined ? {} : { location }),
          expiryMs: (line) => expiryOf(portfolio, line),
        });
        return MARGIN_MODELS[model].judge(input.portfolio, input.market, parameters);
      };
      return { ...judged, requirement: judge(), apart: apartOf(portfolio, content, judge) };
    } catch (error) {
      if (!(error instanceof MarginInputError)) throw error;
      return { ...judged, refusal: error.message };
    }
  });
};

/** The house judges the book itself, with the kernel that decides everything else. */
const houseRequirement = (portfolio: PortfolioView, place: BookPlace): Requirement =>
  houseRequirementOf(portfolio.assessOn('', place).report);

const expiryOf = ({ reference }: PortfolioView, line: string): number | undefined =>
  reference.instruments.get(line.slice(0, line.lastIndexOf('@')))?.expiresAtMs;

/** Undefined when what stands at one of the venues is refused. */
const apartOf = (
  { lines }: PortfolioView,
  { positions }: AccountContent,
  judge: (location: string) => Requirement,
): Apart | undefined => {
  const { catalogue } = lines;
  const venues = new Set(
    positions.map(
      ({ instrument }) => catalogue.instrumentEntries[catalogue.instruments.indexOf(instrument)]!.spec.venue,
    ),
  );
  let [initial, maintenance] = [0, 0];
  try {
    for (const venue of venues) {
      const asked = judge(venue);
      initial += asked.initial;
      maintenance += asked.maintenance;
    }
  } catch (error) {
    if (!(error instanceof MarginInputError)) throw error;
    return undefined;
  }
  return { initial, maintenance };
};
