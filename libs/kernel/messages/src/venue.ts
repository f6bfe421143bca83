/** gRPC definition of a venue as a process of its own; apart because it pulls in grpc-js. */
export { VenueTradingService } from './gen/plinth/venue/v1/service.ts';
export type * from './gen/plinth/venue/v1/messages.ts';
