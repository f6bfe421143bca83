import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { partitionOf } from '../../transport/kafka-settings.ts';
import { asyncApi } from './asyncapi.ts';
import { DESK_TOPICS, type DeskTopic } from './desk-topics.ts';

const ROOT = new URL('../../../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const topicOf = (name: string): DeskTopic | undefined => DESK_TOPICS.find((topic) => topic.name === name);

describe('the desks’ topics', () => {
  it('show what moves money, and every event of the liquidation service, without a list to forget', () => {
    const posted = ['DepositCredited', 'FillBooked', 'LoanDrawn', 'InterestCharged', 'HouseFunded'];
    for (const name of ['ledger', 'balances.state'])
      expect(topicOf(name)?.sources).toEqual(expect.arrayContaining(posted));
    expect(topicOf('ledger')?.sources).not.toContain('AccountOpened');
    expect(topicOf('liquidations')?.messages).toEqual(
      expect.arrayContaining(['plinth.liquidation.v1.FundCredited', 'plinth.accounts.v1.BadDebtRecorded']),
    );
  });

  it('put a key where every client of Kafka puts it', () => {
    // murmur2 as the Java client computes it: its own published vectors, of 1,000 partitions.
    const vectors = { '21': -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 };
    for (const [key, hash] of Object.entries(vectors)) {
      expect([key, partitionOf(key, 1_000)]).toEqual([key, (hash & 0x7fff_ffff) % 1_000]);
    }
  });
});

describe('docs/asyncapi.json', () => {
  it('is what the list of topics says: npm run asyncapi:generate', () => {
    const document = asyncApi((path) => read(`proto/${path}`));
    expect(JSON.parse(read('docs/asyncapi.json'))).toEqual(JSON.parse(JSON.stringify(document)));
  });
});
