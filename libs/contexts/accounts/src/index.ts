export { AccountsService } from './application/accounts-service.ts';
export { DEFAULT_ACCOUNTS_CONFIG, type AccountsConfig } from './application/config.ts';
export { transfersLink } from './application/cell-link.ts';
export type { AccountsViews } from './application/views.ts';
export type { AccountsCode } from './domain/codes.ts';
export { SCOPES, type Scope } from './domain/client.ts';
export {
  bookFill,
  entryPriceOf,
  FLAT,
  positionValue,
  type ContractTerms,
  type OpenPosition,
} from './domain/position.ts';
