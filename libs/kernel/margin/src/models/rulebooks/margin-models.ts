import { derivePmrm2 } from '../derive-pmrm2/model.ts';
import { deriveStandard } from '../derive-standard/model.ts';
import type { DeriveStandardParameters } from '../derive-standard/parameters.ts';
import { deribit } from '../documented/deribit.ts';
import { okx } from '../documented/okx.ts';
import { paradex } from '../documented/paradex.ts';
import { drift } from '../drift/model.ts';
import { dydx } from '../dydx/model.ts';
import { house } from '../house/model.ts';
import { mango } from '../mango/model.ts';
import { sumParts, type MarginModel, type Requirement, type RequirementPart } from '../margin-model.ts';
import type { ModelMarket } from '../market.ts';
import {
  checkScope,
  PERPETUALS,
  TOKENS_AND_PERPETUALS,
  type ModelPortfolio,
  type Scope,
} from '../portfolio.ts';
import { refuse } from '../../checks.ts';
import type { Pmrm2Terms, RulebookName, RulebookParameters } from './parameters.ts';
import { seenBy } from './seen.ts';

/**
 * How far figures are confirmed: `own` is the house's, `cases` agrees with the peer's published cases to the
 * digit, `documented-only` follows published rules that no figure of the venue confirms.
 */
export type Evidence = 'own' | 'cases' | 'documented-only';

/**
 * A rulebook behind the one face that all share. The portfolio's cash and profits, and prices of underlyings,
 * are in a unit of account worth `market.stablePrice` USD; the answer is in USD. What the rulebook cannot
 * judge it refuses by name (MarginInputError).
 */
export type Rulebook = Readonly<{
  name: RulebookName;
  evidence: Evidence;
  judge: (portfolio: ModelPortfolio, market: ModelMarket, parameters: RulebookParameters) => Requirement;
}>;

type Unit = 'account' | 'usd';

const rulebook = <N extends Exclude<RulebookName, 'house'>>(
  name: N,
  evidence: Evidence,
  scope: Scope,
  /** What the model's figures are in. */
  unit: Unit,
  requirement: MarginModel<RulebookParameters[N]>['requirement'],
): Rulebook => ({
  name,
  evidence,
  judge: (portfolio, market, parameters) => {
    const own = parameters[name];
    const seen = seenBy(portfolio, market, own.cash);
    checkScope(scope, seen);
    const asked = requirement(seen, market, own);
    return unit === 'usd' ? asked : inDollars(asked, market.stablePrice);
  },
});

const inDollars = (asked: Requirement, price: number): Requirement => ({
  initial: asked.initial * price,
  maintenance: asked.maintenance * price,
  markToMarket: asked.markToMarket * price,
  worst: asked.worst && { ...asked.worst, profit: asked.worst.profit * price },
  parts: asked.parts.map(({ name, initial, maintenance }) => ({
    name,
    initial: initial * price,
    maintenance: maintenance * price,
  })),
});

/**
 * One subaccount an underlying, as that venue has them; money is moved between them at will, so the figures
 * add up. A coin is collateral in the subaccount of its own name, others where the first contract is.
 */
const pmrm2Subaccounts = (portfolio: ModelPortfolio, market: ModelMarket, terms: Pmrm2Terms): Requirement => {
  const used = new Set([...portfolio.perpetuals, ...portfolio.options].map(({ underlying }) => underlying));
  for (const { asset } of portfolio.assets) if (terms.underlyings.includes(asset)) used.add(asset);
  const names = [...used];
  const parts: RequirementPart[] = [];
  let markToMarket = portfolio.cash;
  let worst: Requirement['worst'];
  for (const underlying of names) {
    if (!terms.underlyings.includes(underlying))
      return refuse('portfolio', `Expected one of ${terms.underlyings.join(', ')}, was ${underlying}`);
    const collateral = new Map(
      [...terms.collateral].map(([asset, own]) => [
        asset,
        { ...own, isRiskCancelling: asset === underlying },
      ]),
    );
    const subaccount: ModelPortfolio = {
      cash: 0,
      perpetuals: portfolio.perpetuals.filter((held) => held.underlying === underlying),
      options: portfolio.options.filter((held) => held.underlying === underlying),
      assets: portfolio.assets.filter(
        ({ asset }) => asset === underlying || (underlying === names[0] && !names.includes(asset)),
      ),
    };
    const asked = derivePmrm2.requirement(subaccount, market, { ...terms, underlying, collateral });
    markToMarket += asked.markToMarket;
    if (worst === undefined || asked.worst.profit < worst.profit) worst = asked.worst;
    parts.push(...asked.parts.map((part) => ({ ...part, name: `${underlying} ${part.name}` })));
  }
  const [stranger] = names.length === 0 ? portfolio.assets : [];
  if (stranger) return refuse('collateral', `Expected an asset of the rulebook, was "${stranger.asset}"`);
  return { ...sumParts(parts), markToMarket, worst, parts };
};

const OPTIONS: Scope = { ...PERPETUALS, options: true, assets: true };
const EVERYTHING: Scope = { ...OPTIONS, futures: true, inverse: true };

/**
 * That rulebook has the prices of coins in USD and divides by the price of its unit; here they are in the
 * unit already, so the coins are counted in what a coin is worth of it.
 */
const standardAccount = (
  portfolio: ModelPortfolio,
  market: ModelMarket,
  terms: DeriveStandardParameters,
): Requirement => {
  const assets = portfolio.assets.map(({ asset, quantity }) => ({
    asset,
    quantity: quantity * market.stablePrice,
  }));
  return deriveStandard.requirement({ ...portfolio, assets }, market, terms);
};

/** All rulebooks, by name. */
export const MARGIN_MODELS: Readonly<Record<RulebookName, Rulebook>> = {
  house: {
    name: 'house',
    evidence: 'own',
    judge: (portfolio, market, parameters) => house.requirement(portfolio, market, parameters.house),
  },
  'derive-pmrm2': rulebook('derive-pmrm2', 'cases', OPTIONS, 'account', pmrm2Subaccounts),
  'derive-standard': rulebook('derive-standard', 'cases', OPTIONS, 'account', standardAccount),
  dydx: rulebook('dydx', 'cases', PERPETUALS, 'account', dydx.requirement),
  drift: rulebook('drift', 'cases', TOKENS_AND_PERPETUALS, 'usd', drift.requirement),
  mango: rulebook('mango', 'cases', TOKENS_AND_PERPETUALS, 'usd', mango.requirement),
  paradex: rulebook('paradex', 'documented-only', OPTIONS, 'account', paradex.requirement),
  okx: rulebook('okx', 'documented-only', EVERYTHING, 'account', okx.requirement),
  deribit: rulebook('deribit', 'documented-only', EVERYTHING, 'account', deribit.requirement),
};

export const RULEBOOK_NAMES = Object.keys(MARGIN_MODELS) as readonly RulebookName[];

export const isRulebook = (name: string): name is RulebookName => Object.hasOwn(MARGIN_MODELS, name);
