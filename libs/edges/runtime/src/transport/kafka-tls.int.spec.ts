import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectKafka, type KafkaAccess } from './kafka-settings.ts';
import { KafkaReader } from './kafka-reader.ts';
import { KafkaTopics } from './kafka-topics.ts';
import { KafkaWriter } from './kafka-writer.ts';
import { controlMissing } from './testing/broker-control.ts';
import { startTlsKafka, type TlsKafka } from './testing/tls-kafka.ts';

if (controlMissing !== undefined) it.skip(controlMissing, () => undefined);

const TOPIC = 'plinth.test.tls';
const signal = AbortSignal.timeout(120_000);

(controlMissing === undefined ? describe : describe.skip)('a Kafka that speaks TLS alone', () => {
  let kafka: TlsKafka;

  beforeAll(async () => {
    const { PLINTH_KAFKA_CONTROL: control = '', PLINTH_KAFKA_DIRECTORY: programs = '' } = process.env;
    kafka = await startTlsKafka(control, programs);
  }, 120_000);

  afterAll(async () => kafka.close(), 60_000);

  const topicsOf = (access: KafkaAccess): KafkaTopics => new KafkaTopics(connectKafka('test', access));

  it('is written and read with a certificate that it knows', async () => {
    const access = { brokers: kafka.brokers, tls: kafka.ours };
    expect(await topicsOf(access).ensure(TOPIC, 'log', 1)).toBe(1);
    const client = connectKafka('test', access);
    const writer = new KafkaWriter(client, access);
    const record = { key: null, value: Buffer.from('sealed'), headers: {} };
    expect(await writer.send(TOPIC, 0, [record])).toBe(0n);
    await writer.close();
    // The groups of a fresh broker are not there yet: as in the transport, another reader tries.
    for (let values: unknown[] = []; values.length === 0;) {
      signal.throwIfAborted();
      const reader = new KafkaReader(client, { topic: TOPIC, groupId: 'tls', from: new Map([[0, 0n]]) });
      await reader.open().catch(() => undefined);
      values = (await reader.take(5_000, signal)).map(({ value }) => value?.toString());
      await reader.close();
      if (values.length > 0) expect(values).toEqual(['sealed']);
    }
  }, 120_000);

  it('takes nobody else, and is not believed with another authority', async () => {
    const { brokers, ours, strangers } = kafka;
    const refused: readonly KafkaAccess[] = [
      { brokers },
      { brokers, tls: { caFile: ours.caFile } },
      { brokers, tls: { ...strangers, caFile: ours.caFile } },
      { brokers, tls: { ...ours, caFile: strangers.caFile } },
    ];
    for (const access of refused) await expect(topicsOf(access).ends(TOPIC)).rejects.toThrow();
    expect((await topicsOf({ brokers, tls: ours }).ends(TOPIC))[0]?.end).toBe(1n);
  }, 120_000);

  it('is not spoken to in plaintext instead where a broker has no TLS, and that is said', async () => {
    const plain = { brokers: (process.env['PLINTH_KAFKA_BROKERS'] ?? '').split(','), tls: kafka.ours };
    const error: unknown = await topicsOf(plain)
      .ensure('plinth.test.never', 'log', 1)
      .catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/TLS|SSL|secure/i);
    const { tls: _tls, ...open } = plain;
    expect(await topicsOf(open).ends('plinth.test.never')).toEqual([]);
  }, 120_000);
});
