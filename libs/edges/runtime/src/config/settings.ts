import {
  choiceSetting,
  integerSetting,
  optionalIntegerSetting,
  optionalTextSetting,
  originsSetting,
  textSetting,
} from './config.ts';

export const cellSettings = {
  PLINTH_CELL: textSetting({ about: 'id of the cell', fallback: 'main', pattern: /^[a-z0-9]{1,16}$/ }),
} as const;

const ownerSetting = optionalTextSetting(
  'the same database as the owner of its tables, who brings them up to date; PLINTH_DATABASE_URL',
);

/** The other cells of the house. */
export const cellsSettings = {
  PLINTH_CELLS: optionalTextSetting('file of all cells of the house; without it this cell is the only one'),
} as const;

/** Of whoever runs accounts. */
export const destinationSettings = {
  PLINTH_DESTINATION_DELAY_MS: optionalIntegerSetting({
    about: 'how long a new withdrawal destination waits, ms; a day',
    min: 0,
    max: 2_592_000_000,
  }),
} as const;

export const logSettings = {
  PLINTH_DATABASE_URL: optionalTextSetting('PostgreSQL of the log; without it an embedded one is started'),
  PLINTH_DATABASE_OWNER_URL: ownerSetting,
} as const;

/** Who a process is to the others of its cell, and whom it believes: all three, or plaintext. */
export const tlsSettings = {
  PLINTH_TLS_KEY: optionalTextSetting('file of this process’s private key (PEM)'),
  PLINTH_TLS_CERT: optionalTextSetting('file of its certificate (PEM)'),
  PLINTH_TLS_CA: optionalTextSetting('file of the authority of all services’ certificates (PEM)'),
} as const;

/** Of a process that is one part of a cluster. */
export const processSettings = {
  PLINTH_DATABASE_URL: textSetting({
    about: 'PostgreSQL of the log',
    pattern: /^postgres(ql)?:\/\/\S+$/,
  }),
  PLINTH_DATABASE_OWNER_URL: ownerSetting,
  PLINTH_HOST: textSetting({ about: 'address that calls are answered at', fallback: '127.0.0.1' }),
  PLINTH_PORT: integerSetting({ about: 'its port', fallback: 7410, min: 1, max: 65_535 }),
  PLINTH_HEALTH_PORT: integerSetting({
    about: 'port that answers questions for health, and only those, without TLS; 0: none',
    fallback: 0,
    min: 0,
    max: 65_535,
  }),
  ...tlsSettings,
  PLINTH_PLAINTEXT: choiceSetting(['loopback', 'anywhere'], {
    about: 'where calls may be answered without TLS; `anywhere` says that the network itself is protected',
    fallback: 'loopback',
  }),
} as const;

/** Of processes that keep what their folds know. */
export const snapshotSettings = {
  PLINTH_SNAPSHOT_EVERY: integerSetting({
    about: 'events between two snapshots of a service: how much a start has to fold',
    fallback: 50_000,
    min: 100,
    max: 10_000_000,
  }),
} as const;

/** The backbone between the processes of a cluster. */
export const kafkaSettings = {
  PLINTH_KAFKA_BROKERS: optionalTextSetting(
    'host:port of Kafka brokers, separated by commas; without them every process follows the log’s table',
  ),
  PLINTH_KAFKA_PREFIX: textSetting({
    about: 'first part of every topic’s name; cells that share brokers have one each',
    fallback: 'plinth',
    pattern: /^[a-z0-9][a-z0-9.-]{0,63}$/,
  }),
  PLINTH_KAFKA_TLS_CA: optionalTextSetting('file of the brokers’ authority (PEM); without it plaintext'),
  PLINTH_KAFKA_TLS_CERT: optionalTextSetting('file of the certificate shown to the brokers (PEM)'),
  PLINTH_KAFKA_TLS_KEY: optionalTextSetting('file of its private key (PEM)'),
} as const;

/** Where a gateway and the routing service find the other processes. */
export const peerSettings = {
  PLINTH_SERVICES: textSetting({
    about: 'address of every service, name=host:port, separated by commas',
    pattern: /^[a-z]+=\S+:\d{1,5}(,[a-z]+=\S+:\d{1,5})*$/,
  }),
} as const;

export const gatewaySettings = {
  PLINTH_GATEWAY_HOST: textSetting({ about: 'address that the gateway listens on', fallback: '127.0.0.1' }),
  PLINTH_GATEWAY_PORT: integerSetting({
    about: 'port of the gateway; 0 takes a free one',
    fallback: 7400,
    min: 0,
    max: 65_535,
  }),
  PLINTH_GATEWAY_TLS_KEY: optionalTextSetting(
    'file of the gateway’s private key (PEM); without it plaintext',
  ),
  PLINTH_GATEWAY_TLS_CERT: optionalTextSetting('file of the gateway’s certificate (PEM)'),
  PLINTH_GATEWAY_TLS_CLIENT_CA: optionalTextSetting(
    'file of the authority whose certificate callers must show (PEM)',
  ),
  PLINTH_GATEWAY_CONNECTIONS_PER_ADDRESS: integerSetting({
    about: 'connections that one address may have open; more behind a balancer that shows its own address',
    fallback: 512,
    min: 1,
    max: 8_192,
  }),
  PLINTH_GATEWAY_RATE_PER_KEY: integerSetting({
    about: 'calls a second that one key may make; twice as many at once',
    fallback: 200,
    min: 1,
    max: 1_000_000,
  }),
  PLINTH_GATEWAY_RATE_PER_CLIENT: integerSetting({
    about: 'calls a second that all keys of one client may make; twice as many at once',
    fallback: 600,
    min: 1,
    max: 1_000_000,
  }),
  PLINTH_GATEWAY_ORIGINS: originsSetting(
    'origins whose web pages may call, such as https://desk.example.com, separated by commas; none without',
  ),
  PLINTH_GATEWAY_PLAINTEXT: choiceSetting(['loopback', 'anywhere'], {
    about: 'where the gateway may listen without TLS',
    fallback: 'loopback',
  }),
} as const;

/**
 * Secrets of a gateway that is a process of its own: files, so that no dump of the environment shows them.
 */
export const gatewayFiles = {
  PLINTH_OPERATOR_KEYS: textSetting({
    about: 'file of the operators’ public keys: [{ "keyId", "publicKey" }], base64',
    pattern: /./,
  }),
  PLINTH_SEALING_KEY: textSetting({ about: 'file of the key that seals clients’ secrets', pattern: /./ }),
  PLINTH_HEAD_KEY: textSetting({ about: 'file of the key that signs tree heads (PEM)', pattern: /./ }),
  PLINTH_WITNESS: textSetting({ about: 'file that every signed tree head is added to', pattern: /./ }),
} as const;

/** Of a program that calls a gateway. */
export const callerSettings = {
  PLINTH_GATEWAY: textSetting({
    about: 'gateway to call',
    fallback: '127.0.0.1:7400',
    pattern: /^\S+:\d{1,5}$/,
  }),
  PLINTH_KEY: optionalTextSetting('file of the caller’s key'),
  PLINTH_CA: optionalTextSetting(
    'file of the authority of the gateway’s certificate (PEM); without it plaintext',
  ),
} as const;

export const telemetrySettings = {
  PLINTH_LOG_LEVEL: choiceSetting(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    about: 'least severe line that is logged',
    fallback: 'info',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalTextSetting(
    'OpenTelemetry collector that spans and metrics are sent to; without it no spans are made',
  ),
  PLINTH_METRICS_PORT: optionalIntegerSetting({
    about: 'port that Prometheus finds the metrics at, under /metrics; without it there is none',
    min: 1,
    max: 65_535,
  }),
  PLINTH_METRICS_HOST: textSetting({ about: 'address of that port', fallback: '127.0.0.1' }),
} as const;
