export { connectKafka, type Kafka, type KafkaAccess } from '../transport/kafka-settings.ts';
export { KafkaTopics } from '../transport/kafka-topics.ts';
export { KafkaTransport, type KafkaTransportOptions } from '../transport/kafka-transport.ts';
export { KafkaWriter } from '../transport/kafka-writer.ts';
export { pendingLetters, type DeadLetter } from './desk/dead-letters.ts';
export { LogPublication, TopicCut, type LogPublicationPorts } from './log-publication.ts';
export type { Publication } from './publication.ts';
export { Relay, type RelayPorts } from './relay.ts';
export { runRelay } from './run-relay.ts';
