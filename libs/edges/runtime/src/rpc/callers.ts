import { status as grpc, type ServerInterceptingCallInterface, type ServerOptions } from '@grpc/grpc-js';
import type { MutualTlsFiles } from '../grpc/certificates.ts';
import { identityOf } from '../grpc/identity.ts';
import { promptRequests, type Refusal } from '../grpc/prompt-requests.ts';
import { SERVER_OPTIONS } from '../grpc/server.ts';
import { GrpcError } from '../grpc/status.ts';

/** What one process may ask of the others, by the name in its certificate. */
type Calls = Readonly<{
  /** Methods of any service's `Commands`. */
  commands: 'all' | readonly string[];
  /** Methods of any service's `Queries`. */
  queries: 'all' | 'none';
  /** Whole gRPC services besides. */
  services?: readonly string[];
}>;

/** What the simulated market needs to list itself and to publish its prices. */
const MARKET_COMMANDS = [
  ...['ListAsset', 'ListInstrument', 'ListProduct', 'RegisterVenue', 'OpenPool', 'FundHouse'],
  ...['SetRiskParameters', 'PublishRound'],
] as const;

/**
 * Services react to each other's events and call nobody, so the table is short: commands come from outside
 * through the gateway. Who is not in it may be asked whether he lives, and nothing else.
 */
export const CALLERS: Readonly<Record<string, Calls>> = {
  gateway: { commands: 'all', queries: 'all' },
  exchange: { commands: MARKET_COMMANDS, queries: 'all' },
  routing: { commands: [], queries: 'none', services: ['plinth.venue.v1.VenueTrading'] },
  // The command line, where it has the simulated market play a scenario.
  operator: { commands: [], queries: 'none', services: ['plinth.venue.v1.MarketControl'] },
};

const PATH = /^\/([\w.]+)\/(\w+)$/;
const OF_EVERYBODY = /^grpc\.(health|reflection)\./;

/** Whether the process of that name may call the method at that path. */
export const mayCall = (caller: string, path: string): boolean => {
  const [, service = '', method = ''] = PATH.exec(path) ?? [];
  if (OF_EVERYBODY.test(service)) return true;
  const calls = Object.hasOwn(CALLERS, caller) ? CALLERS[caller] : undefined;
  if (calls === undefined) return false;
  if (calls.services?.includes(service) === true) return true;
  if (service.endsWith('Queries')) return calls.queries === 'all';
  return service.endsWith('Commands') && (calls.commands === 'all' || calls.commands.includes(method));
};

const refusalOf = (caller: string | undefined, path: string): GrpcError | undefined => {
  if (caller === undefined) {
    return new GrpcError(
      grpc.UNAUTHENTICATED,
      'CALLER_UNKNOWN',
      'Expected a certificate with one alternative name URI:spiffe://plinth/{service}: issue one',
    );
  }
  if (mayCall(caller, path)) return undefined;
  return new GrpcError(
    grpc.PERMISSION_DENIED,
    'CALLER_NOT_ALLOWED',
    `Expected a process that may call ${path}, was ${caller}`,
    { facts: { caller } },
  );
};

/** What the call of the library keeps of its connection; the version is pinned. */
type OnSession = Readonly<{ stream?: Readonly<{ session?: object }> }>;

/** Who has shown his certificate on which connection. */
const shown = new WeakMap<object, Readonly<{ caller: string | undefined }>>();

/**
 * The process that a connection's certificate names. It is the same for all calls of the connection, and
 * the library reads the whole certificate anew at each, which costs more than the call itself.
 */
const callerOf = (call: ServerInterceptingCallInterface): string | undefined => {
  const { session } = (call as unknown as OnSession).stream ?? {};
  const kept = session === undefined ? undefined : shown.get(session);
  if (kept !== undefined) return kept.caller;
  const caller = identityOf(call.getAuthContext().sslPeerCertificate?.subjectaltname);
  if (session !== undefined) shown.set(session, { caller });
  return caller;
};

/** Lets a call through to its method when the certificate of the connection may call it. */
export const allowedCallers: Refusal = (path, call) => refusalOf(callerOf(call), path);

/** Of a server that answers other processes: with certificates, only those that may call it. */
export const innerServerOptions = (tls: MutualTlsFiles | undefined): ServerOptions =>
  tls === undefined ? SERVER_OPTIONS : { ...SERVER_OPTIONS, interceptors: [promptRequests(allowedCallers)] };
