import {
  callerSettings,
  cellSettings,
  ConfigError,
  destinationSettings,
  gatewaySettings,
  kafkaSettings,
  logSettings,
  optionalTextSetting,
  readConfig,
  telemetrySettings,
  tlsSettings,
  type Config,
} from '@plinth/runtime/config';
import type { Environment } from '@plinth/runtime';
import { CliError, EXIT } from './exit-codes.ts';

const schema = {
  ...cellSettings,
  ...logSettings,
  ...gatewaySettings,
  ...kafkaSettings,
  ...callerSettings,
  ...telemetrySettings,
  ...tlsSettings,
  ...destinationSettings,
  PLINTH_HOME: optionalTextSetting(
    'where everything is kept that the program makes; .plinth in the checkout',
  ),
  PLINTH_SHARED: optionalTextSetting('where recorded data lies, in data/; ../shared beside the checkout'),
} as const;

/** What processes that are started from here inherit. */
export const inheritedEnvironment = (): Environment => process.env;

let read: Config<typeof schema> | undefined;

/**
 * The settings of this process: the one place that looks at its environment. Options on the command line go
 * before.
 */
export const environment = (): Config<typeof schema> => {
  try {
    return (read ??= readConfig(schema, process.env));
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(EXIT.usage, error.message);
    throw error;
  }
};
