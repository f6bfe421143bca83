import type { Intent } from '@plinth/eventing';
import { accountDecider } from '../domain/account.ts';
import type { AccountCommand } from '../domain/account-commands.ts';
import { clearingDecider, type ClearingCommand } from '../domain/clearing.ts';
import { assetDecider, type ListAsset } from '../domain/asset.ts';
import { clientDecider, type ClientCommand } from '../domain/client.ts';
import { lendingDecider, type GrantCash } from '../domain/lending.ts';
import { houseDecider, type HouseCommand } from '../domain/house.ts';

export const onAccount = (accountId: string, command: AccountCommand): Intent<AccountCommand> => ({
  stream: `account-${accountId}`,
  decider: accountDecider,
  command,
});

export const onClient = (command: ClientCommand): Intent<ClientCommand> => ({
  stream: `client-${command.clientId}`,
  decider: clientDecider,
  command,
});

export const onAsset = (command: ListAsset): Intent<ListAsset> => ({
  stream: `asset-${command.asset}`,
  decider: assetDecider,
  command,
});

export const onHouse = (cell: string, command: HouseCommand): Intent<HouseCommand> => ({
  stream: `house-${cell}`,
  decider: houseDecider,
  command,
});

/** What this cell has taken over from the log of another one. */
export const onClearing = (otherCell: string, command: ClearingCommand): Intent<ClearingCommand> => ({
  stream: `clearing-${otherCell}`,
  decider: clearingDecider,
  command,
});

/** The pool's own judge of its cash: redemptions of all accounts meet here, one after the other. */
export const onLending = (command: GrantCash): Intent<GrantCash> => ({
  stream: `lending-${command.asset}`,
  decider: lendingDecider,
  command,
});
