import type { CallOptions, GatewayClient } from '@plinth/gateway';
import { eventToJson } from '@plinth/messages';
import type { PostgresLog } from '@plinth/runtime';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What became of the script: every answer, and the events of every stream that it touched, in order. */
export type Story = Readonly<{
  answers: readonly string[];
  streams: Readonly<Record<string, readonly string[]>>;
}>;

/** A command; after it, the event that ends what it causes, where that is not its own. */
type Step = Readonly<{
  send: (client: GatewayClient, options: CallOptions) => Promise<unknown>;
  until?: string;
}>;

const USD = { asset: 'USD', fromLocation: 'vault:bank', toLocation: 'vault:bank' };

const openClient: readonly Step[] = [
  {
    send: (client, options) =>
      client.call(
        'Operations',
        'OpenClient',
        { clientId: 'script', name: 'Script', jurisdiction: 'CH' },
        options,
      ),
  },
  {
    send: (client, options) =>
      client.call(
        'Operations',
        'SetKycState',
        { clientId: 'script', state: 'approved', reason: 'known' },
        options,
      ),
  },
];

const openAccount = (name: string): Step => ({
  send: (client, options) =>
    client.call('Operations', 'OpenAccount', { accountId: name, clientId: 'script', name: 'main' }, options),
});

const deposit = (accountId: string, depositId: string, amount: string): Step => ({
  send: (client, options) =>
    client.call(
      'Operations',
      'CreditDeposit',
      {
        ...{ accountId, subAccountId: '', depositId, asset: 'USD', amount, location: 'vault:bank' },
      },
      options,
    ),
});

const transfer = (transferId: string, amount: string, until: string): Step => ({
  send: (client, options) =>
    client.call(
      'Accounts',
      'RequestTransfer',
      {
        ...{ accountId: 'scriptone', transferId, toAccountId: 'scripttwo', amount, ...USD },
      },
      options,
    ),
  until: `${until} ${transferId}`,
});

const order = (orderId: string): Step => ({
  send: (client, options) =>
    client.call(
      'Trading',
      'PlaceOrder',
      {
        ...{ orderId, accountId: 'scripttwo', subAccountId: '', instrumentId: 'BTC-PERP', side: 'buy' },
        ...{ quantity: '0.01', orderType: 'market', limitPrice: '', timeInForce: 'ioc', venues: [] },
        reduceOnly: false,
      },
      options,
    ),
  until: `OrderClosed ${orderId}`,
});

/**
 * Accounts are opened, funded, moved between, refused and traded in. Commands sent again and commands that
 * the broker must refuse are part of it.
 */
const SCRIPT: readonly Step[] = [
  ...openClient,
  ...openClient,
  openAccount('scriptone'),
  openAccount('scripttwo'),
  openAccount('scriptone'),
  deposit('scriptone', 'script.1', '250000'),
  deposit('scriptone', 'script.1', '250000'),
  deposit('scriptone', 'script.2', '-1'),
  {
    send: (client, options) =>
      client.call(
        'Accounts',
        'OpenSubAccount',
        {
          ...{ accountId: 'scriptone', subAccountId: 'side', name: 'side' },
        },
        options,
      ),
  },
  {
    send: (client, options) =>
      client.call(
        'Accounts',
        'MoveCollateral',
        {
          ...{ accountId: 'scriptone', moveId: 'script.3', fromSubAccountId: '', toSubAccountId: 'side' },
          ...{ ...USD, amount: '1000' },
        },
        options,
      ),
  },
  transfer('script.4', '100000', 'TransferReceived'),
  transfer('script.5', '900000', 'TransferReleased'),
  order('operator.script.6'),
  {
    send: (client, options) =>
      client.call(
        'Accounts',
        'RequestWithdrawal',
        {
          ...{
            accountId: 'scriptone',
            subAccountId: '',
            withdrawalId: 'script.7',
            asset: 'USD',
            amount: '10',
          },
          ...{ location: 'vault:bank', destination: 'nowhere' },
        },
        options,
      ),
  },
];

const WAIT_MS = 60_000;
const READ_MAX = 2_000;

/** Fields that another moment, another id or another price makes different. */
const PASSING = /(AtMs|Position)$|^(approvalId|figures|entryId)$/;

/** Without the fields that differ from run to run, at every depth. */
const lasting = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !PASSING.test(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, lasting(inner)]));
};

/** What the ledger says is compared whole; of orders and margin, whose figures rest on prices, the kinds. */
const WHOLE = /^(client|account)-script/;
const BY_PRICE = new Set(['FillBooked', 'InterestCharged', 'FundingPosted', 'LoanDrawn', 'LoanRepaid']);

/** Cash that a fill draws to its venue. */
const COVER = '"moveId":"cover.';

type Told = Readonly<{ stream: string; text: string; type: string; json: string }>;

const toldOf = async (log: PostgresLog): Promise<readonly Told[]> => {
  const told: Told[] = [];
  for (let after = 0n; ;) {
    const batch = await log.read(after, READ_MAX);
    for (const { stream, type, data } of batch) {
      if (!stream.includes('script')) continue;
      const json = JSON.stringify(eventToJson(type, data as never));
      const isWhole = WHOLE.test(stream) && !BY_PRICE.has(type) && !json.includes(COVER);
      const text = isWhole ? `${type} ${JSON.stringify(lasting(JSON.parse(json)))}` : type;
      told.push({ stream, text, type, json });
    }
    const last = batch.at(-1);
    if (last === undefined) return told;
    after = last.position;
  }
};

const happened = async (log: PostgresLog, event: string): Promise<void> => {
  const [type, id = ''] = event.split(' ');
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const told = await toldOf(log);
    if (told.some((one) => one.type === type && (one.json.includes(id) || one.stream.includes(id)))) return;
    if (performance.now() > end)
      throw new Error(
        `Expected ${event}, was ${told.map(({ stream, type: was }) => `${stream} ${was}`).join()}`,
      );
    await sleep(50);
  }
};

/** How often a kind stands in a row: fills come in one piece or in several. */
const withoutRepeats = (texts: readonly string[]): readonly string[] =>
  texts.filter((text, i) => text.includes(' ') || text !== texts[i - 1]);

/** Nobody has judged the command yet, or nobody knows: it is sent again under the same id. */
const UNJUDGED = new Set(['RETRY', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'OUTCOME_UNKNOWN', 'CATCHING_UP']);

const answerTo = async (send: (options: CallOptions) => Promise<unknown>): Promise<string> => {
  const requestId = randomUUID();
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const answer = await send({ requestId }).then(
      () => 'accepted',
      (error: unknown) => (error as { reason?: string }).reason ?? String(error),
    );
    if (!UNJUDGED.has(answer) || performance.now() > end) return answer;
    await sleep(100);
  }
};

/**
 * Sends the same commands to any broker, one at a time, each after everything that the one before has caused.
 */
export const playScript = async (client: GatewayClient, log: PostgresLog): Promise<Story> => {
  const answers: string[] = [];
  for (const { send, until } of SCRIPT) {
    const answer = await answerTo((options) => send(client, options));
    answers.push(answer);
    if (answer === 'accepted' && until !== undefined) await happened(log, until);
  }
  await happened(log, 'FillBooked operator.script.6');
  const streams: Record<string, string[]> = {};
  for (const { stream, text } of await toldOf(log)) (streams[stream] ??= []).push(text);
  return {
    answers,
    streams: Object.fromEntries(
      Object.entries(streams)
        .map(([stream, texts]) => [stream, withoutRepeats(texts)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
};
