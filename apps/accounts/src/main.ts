import { AccountsService, DEFAULT_ACCOUNTS_CONFIG, transfersLink } from '@plinth/accounts';
import { destinationSettings, readConfig } from '@plinth/runtime/config';
import { runService } from '@plinth/runtime/nest';

const { PLINTH_DESTINATION_DELAY_MS: destinationDelayMs = DEFAULT_ACCOUNTS_CONFIG.destinationDelayMs } =
  readConfig(destinationSettings, process.env);

await runService('accounts', process.env, (cell) => ({
  definition: AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell, destinationDelayMs }),
  links: [{ link: transfersLink(cell), from: 'others' }],
}));
