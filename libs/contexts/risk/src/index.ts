export { RiskService, type RiskConfig } from './application/risk-service.ts';
export { MarginAccountsView } from './application/margin-accounts-view.ts';
export type { RiskViews } from './application/risk-views.ts';
export { defaultParameters, type ListedAsset } from './domain/default-parameters.ts';
export { marginAccount, type MarginAccount } from './domain/margin-account.ts';
