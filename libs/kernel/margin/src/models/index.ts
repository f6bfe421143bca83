export * from './margin-model.ts';
export * from './market.ts';
export type * from './portfolio.ts';
export { derivePmrm2, type DerivePmrm2Requirement } from './derive-pmrm2/model.ts';
export * from './derive-pmrm2/parameters.ts';
export {
  deriveStandard,
  type DeriveStandardRequirement,
  type StandardMarket,
} from './derive-standard/model.ts';
export * from './derive-standard/parameters.ts';
export * from './dydx/index.ts';
export * from './mango/index.ts';
export * from './drift/index.ts';
export * from './documented/index.ts';
export { house, HOUSE_UNIT, houseRequirementOf, type HouseRequirement } from './house/model.ts';
export type { ParametersProblem } from './rulebooks/parameters-json.ts';
export * from './rulebooks/margin-models.ts';
export { orderUnder, type OrderVerdict as RulebookOrderVerdict } from './rulebooks/order-verdict.ts';
export * from './rulebooks/parameters.ts';
export * from './rulebooks/rulebook-sets.ts';
export * from './rulebooks/translation.ts';
export { venueRule } from './rulebooks/venue-rules.ts';
