import type { MutualTlsFiles } from '../grpc/certificates.ts';
import type { KafkaAccess } from '../transport/kafka-settings.ts';
import type { TelemetryOptions } from '../telemetry/export.ts';
import { ConfigError } from './config.ts';

type TlsSettings = Readonly<{
  PLINTH_TLS_KEY: string | undefined;
  PLINTH_TLS_CERT: string | undefined;
  PLINTH_TLS_CA: string | undefined;
}>;

/**
 * Certificate files of this process: who it is, and whom it believes. All or none: without an authority
 * anybody could send commands here, in anybody's name.
 */
export const tlsOf = ({
  PLINTH_TLS_KEY: keyFile,
  PLINTH_TLS_CERT: certFile,
  PLINTH_TLS_CA: caFile,
}: TlsSettings): Readonly<{ tls?: MutualTlsFiles }> => {
  if (keyFile === undefined && certFile === undefined && caFile === undefined) return {};
  if (keyFile === undefined || certFile === undefined || caFile === undefined)
    throw new ConfigError('PLINTH_TLS_KEY, PLINTH_TLS_CERT, PLINTH_TLS_CA: Expected all three or none');
  return { tls: { keyFile, certFile, caFile } };
};

type KafkaConfig = Readonly<{
  PLINTH_KAFKA_BROKERS: string | undefined;
  PLINTH_KAFKA_PREFIX: string;
  PLINTH_KAFKA_TLS_CA: string | undefined;
  PLINTH_KAFKA_TLS_CERT: string | undefined;
  PLINTH_KAFKA_TLS_KEY: string | undefined;
}>;

/** How a process reaches Kafka, and how its topics are called. */
export type KafkaCell = Readonly<{ access: KafkaAccess; prefix: string }>;

/** Undefined without brokers: then the log's table is followed. */
export const kafkaOf = (config: KafkaConfig): KafkaCell | undefined => {
  const { PLINTH_KAFKA_BROKERS: text, PLINTH_KAFKA_PREFIX: prefix } = config;
  const { PLINTH_KAFKA_TLS_CA: ca, PLINTH_KAFKA_TLS_CERT: cert, PLINTH_KAFKA_TLS_KEY: key } = config;
  if (text === undefined) return undefined;
  const brokers = text.split(',');
  const wrong = brokers.find((broker) => !BROKER.test(broker));
  if (wrong !== undefined) throw new ConfigError(`PLINTH_KAFKA_BROKERS: Expected host:port, was ${wrong}`);
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigError('PLINTH_KAFKA_TLS_CERT, PLINTH_KAFKA_TLS_KEY: Expected both or none');
  if (ca === undefined) {
    if (cert === undefined) return { access: { brokers }, prefix };
    throw new ConfigError('PLINTH_KAFKA_TLS_CA: Expected the file of the authority beside the certificate');
  }
  const pair = cert === undefined || key === undefined ? {} : { certFile: cert, keyFile: key };
  return { access: { brokers, tls: { caFile: ca, ...pair } }, prefix };
};

/** Where spans and metrics of this process go. */
export const telemetryOf = (config: {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string | undefined;
  readonly PLINTH_METRICS_PORT: number | undefined;
  readonly PLINTH_METRICS_HOST: string;
}): TelemetryOptions => ({
  collector: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  metricsHost: config.PLINTH_METRICS_HOST,
  metricsPort: config.PLINTH_METRICS_PORT,
});

const BROKER = /^\S+:\d{1,5}$/;

/** `risk=risk:7410,accounts=accounts:7410` as a map. */
export const parseAddresses = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(',').map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    }),
  );
