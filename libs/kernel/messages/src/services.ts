/**
 * gRPC definitions of every service. Apart from the rest of this room: they pull in grpc-js, which the kernel
 * must not.
 */
export { AccountsCommandsService, AccountsQueriesService } from './gen/plinth/accounts/v1/service.ts';
export { PricingCommandsService, PricingQueriesService } from './gen/plinth/pricing/v1/service.ts';
export { RiskCommandsService, RiskQueriesService } from './gen/plinth/risk/v1/service.ts';
export { LiquidationQueriesService } from './gen/plinth/liquidation/v1/service.ts';
export { RoutingCommandsService, RoutingQueriesService } from './gen/plinth/routing/v1/service.ts';
export { InterestCommandsService, InterestQueriesService } from './gen/plinth/interest/v1/service.ts';
