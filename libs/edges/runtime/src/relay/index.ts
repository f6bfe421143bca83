export { LogPublication, TopicCut, type LogPublicationPorts } from './log-publication.ts';
export type { Publication } from './publication.ts';
export { Relay, type RelayPorts } from './relay.ts';
export { runRelay } from './run-relay.ts';
