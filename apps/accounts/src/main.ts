import { AccountsService, DEFAULT_ACCOUNTS_CONFIG, transfersLink } from '@plinth/accounts';
import { runService } from '@plinth/runtime/nest';

await runService('accounts', process.env, (cell) => ({
  definition: AccountsService({ ...DEFAULT_ACCOUNTS_CONFIG, cell }),
  links: [{ link: transfersLink(cell), from: 'others' }],
}));
