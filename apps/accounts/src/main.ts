import { AccountsService, DEFAULT_ACCOUNTS_CONFIG, transfersLink } from '@plinth/accounts';
import { integerSetting, readConfig } from '@plinth/runtime/config';
import { runService } from '@plinth/runtime/nest';

const { destinationDelayMs: fallback } = DEFAULT_ACCOUNTS_CONFIG;

const { PLINTH_DESTINATION_DELAY_MS: destinationDelayMs } = readConfig(
  {
    PLINTH_DESTINATION_DELAY_MS: integerSetting({
      ...{ about: 'how long a new withdrawal destination waits, ms', fallback, min: 0, max: 2_592_000_000 },
    }),
  },
  process.env,
);

await runService('accounts', process.env, (cell) => ({
  definition: AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell, destinationDelayMs }),
  links: [{ link: transfersLink(cell), from: 'others' }],
}));
