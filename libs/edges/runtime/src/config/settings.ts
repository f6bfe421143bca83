import { choiceSetting, integerSetting, optionalTextSetting, textSetting } from './config.ts';

export const cellSettings = {
  PLINTH_CELL: textSetting({ about: 'id of the cell', fallback: 'main', pattern: /^[a-z0-9]{1,16}$/ }),
} as const;

export const logSettings = {
  PLINTH_DATABASE_URL: optionalTextSetting('PostgreSQL of the log; without it an embedded one is started'),
} as const;

export const gatewaySettings = {
  PLINTH_GATEWAY_HOST: textSetting({ about: 'address that the gateway listens on', fallback: '127.0.0.1' }),
  PLINTH_GATEWAY_PORT: integerSetting({
    about: 'port of the gateway; 0 takes a free one',
    fallback: 7400,
    min: 0,
    max: 65_535,
  }),
} as const;

export const telemetrySettings = {
  PLINTH_LOG_LEVEL: choiceSetting(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
    about: 'least severe line that is logged',
    fallback: 'info',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalTextSetting('OpenTelemetry collector; without it telemetry is off'),
} as const;
