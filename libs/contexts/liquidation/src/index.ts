export * from './application/config.ts';
export { liquidationService } from './application/liquidation-service.ts';
export type { LiquidationViews } from './application/views.ts';
export { LIMITS as LIQUIDATION_LIMITS } from './domain/limits.ts';
export { POLICIES, type Policy } from './domain/policies/index.ts';
export {
  closeFactor,
  deleveragingIndex,
  healthDiscount,
  storefrontQuote,
  type HealthDiscount,
} from './domain/peer-terms.ts';
