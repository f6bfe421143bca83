import type { Transport } from '@plinth/eventing';
import type { KafkaCell } from '../config/process-files.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { connectKafka } from './kafka-settings.ts';
import { KafkaTransport } from './kafka-transport.ts';
import { TailTransport } from './tail-transport.ts';
import { logTopic } from './topic-names.ts';

/** How a process follows the log of its cell: through Kafka when brokers are named, else from the table. */
export const openTransport = (log: PostgresLog, service: string, kafka: KafkaCell | undefined): Transport => {
  if (kafka === undefined) return new TailTransport(log);
  const client = connectKafka(`plinth-${service}`, kafka.access);
  const onOwnAppend = (listener: (last: bigint) => void) => log.onOwnAppend(listener);
  return new KafkaTransport({ kafka: client, topic: logTopic(kafka.prefix), log, service, onOwnAppend });
};
