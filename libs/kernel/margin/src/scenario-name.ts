import { percentText } from './percent.ts';
import type { RiskModel } from './risk-model.ts';
import type { ProfitVectors } from './scan.ts';
import type { Scenario } from './scenarios.ts';

/** So many underlyings are named with their moves; the rest are counted. */
const NAMED = 3;
/**
 * What happens to a book in a scenario, for people: `BTC −15 %, ETH −18.25 %, vol +50 %`. The underlyings
 * with the largest part in it come first; volatilities are told (at 30 days) where the book holds options.
 */
export const scenarioName = (
  model: RiskModel,
  index: number,
  vectors: ProfitVectors,
  hasOptions: boolean,
): string => {
  const scenario = model.scenarios[index]!;
  const { catalogue } = model;
  if (scenario.depeg !== undefined) return model.parameters.depegs[scenario.depeg]!.id;
  const column = model.columns.columnOf[index]!;
  const touched = [...vectors.underlyings]
    .map(([u, row]) => ({ u, part: Math.abs(row[column]!) }))
    .filter(({ part }) => part > 0)
    .sort((a, b) => b.part - a.part);
  if (touched.length === 0) return 'no scenario loses';
  const moves = touched.slice(0, NAMED).map(({ u }) => {
    const move = model.arrays.shocks[2 * u * model.width + column]!;
    return `${catalogue.underlyings.ids[u]} ${percentText(move)}`;
  });
  if (touched.length > NAMED) moves.push(`${touched.length - NAMED} more alike`);
  const prices = scenario.multiple === 0 ? ['prices unmoved'] : moves;
  const volatility = hasOptions ? volatilityName(model, scenario, touched[0]!.u) : [];
  const counted = scenario.counted === 1 ? [] : [`${100 * scenario.counted} % counted`];
  return [...prices, ...volatility, ...counted].join(', ');
};

const volatilityName = (model: RiskModel, { volatility }: Scenario, u: number): readonly string[] => {
  const { volTwist } = model.parameters.options;
  const { volShockUp, volShockDown } = model.underlyingParameters[u]!;
  switch (volatility) {
    case 'flat':
      return ['vol ±0 %'];
    case 'up':
      return [`vol ${percentText(volShockUp)}`];
    case 'down':
      return [`vol ${percentText(-volShockDown)}`];
    case 'near up':
      return [`near vol ${percentText(volTwist)}, far vol ${percentText(-volTwist)}`];
    case 'near down':
      return [`near vol ${percentText(-volTwist)}, far vol ${percentText(volTwist)}`];
  }
};
