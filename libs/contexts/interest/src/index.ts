export { INTEREST, interestService } from './application/interest-service.ts';
export { INTEREST_DEFAULTS, type InterestConfig } from './application/interest-config.ts';
export type { InterestViews } from './application/interest-views.ts';
export { PoolTotalsView } from './application/pool-totals-view.ts';
export { fundingId } from './domain/funding.ts';
export { LIMITS as INTEREST_LIMITS } from './domain/limits.ts';
export { pool, type Accrue, type PoolState } from './domain/pool.ts';
