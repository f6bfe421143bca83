import type { Transport } from '@plinth/eventing';
import type { transportSettings } from '../config/settings.ts';
import { ConfigError, type Config } from '../config/config.ts';
import type { PostgresLog } from '../log/postgres-log.ts';
import { connectKafka, type KafkaAccess } from './kafka-settings.ts';
import { KafkaTransport } from './kafka-transport.ts';
import { TailTransport } from './tail-transport.ts';

type TransportConfig = Config<typeof transportSettings>;

/** The topic that carries the log of a cell, whole and in order. */
export const LOG_TOPIC = 'plinth.log.v1';

/** How to reach the brokers that the settings name; undefined when they name none. */
export const kafkaAccess = (config: TransportConfig): KafkaAccess | undefined => {
  const { PLINTH_KAFKA_BROKERS: text, PLINTH_KAFKA_CA: caFile } = config;
  const { PLINTH_KAFKA_CERT: certFile, PLINTH_KAFKA_KEY: keyFile } = config;
  if (text === undefined) return undefined;
  const brokers = text.split(',').map((broker) => broker.trim());
  const wrong = brokers.find((broker) => !/^\S+:\d{1,5}$/.test(broker));
  if (wrong !== undefined) throw new ConfigError(`PLINTH_KAFKA_BROKERS: Expected host:port, was ${wrong}`);
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError('PLINTH_KAFKA_CERT, PLINTH_KAFKA_KEY: Expected both or none');
  if (caFile === undefined) return { brokers };
  const own = certFile === undefined || keyFile === undefined ? {} : { certFile, keyFile };
  return { brokers, tls: { caFile, ...own } };
};

/** How a process follows the log of its cell: through Kafka when brokers are named, else from the table. */
export const openTransport = (config: TransportConfig, log: PostgresLog, service: string): Transport => {
  const access = kafkaAccess(config);
  if (access === undefined) return new TailTransport(log);
  return new KafkaTransport({
    kafka: connectKafka(`plinth-${service}`, access),
    topic: LOG_TOPIC,
    log,
    service,
  });
};
