/** gRPC definitions of the clients' edge. */
export * from './gen/plinth/gateway/v1/service.ts';
