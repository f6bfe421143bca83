import * as services from '@plinth/messages/gateway';

/** The services of the clients' edge by the names that the proto gives them. */
export const SERVICES = {
  Accounts: services.AccountsService,
  Trading: services.TradingService,
  Margin: services.MarginService,
  Lending: services.LendingService,
  Operations: services.OperationsService,
  Streams: services.StreamsService,
  Proofs: services.ProofsService,
} as const;
