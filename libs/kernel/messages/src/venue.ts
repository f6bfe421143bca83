/** gRPC definitions of a venue as a process of its own; apart because they pull in grpc-js. */
export {
  MarketControlClient,
  MarketControlService,
  VenueTradingService,
} from './gen/plinth/venue/v1/service.ts';
export type * from './gen/plinth/venue/v1/messages.ts';
