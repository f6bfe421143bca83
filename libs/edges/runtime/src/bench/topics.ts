import { connectKafka, type KafkaAccess } from '../transport/kafka-settings.ts';
import { KafkaTopics } from '../transport/kafka-topics.ts';
import { logTopic } from '../transport/topic-names.ts';

const CLIENT = 'plinth-bench';

/** Records of a cell's backbone so far: at least as many as events were published. */
export const backboneEnd = async (access: KafkaAccess, prefix: string): Promise<bigint> => {
  const [ends] = await new KafkaTopics(connectKafka(CLIENT, access)).ends(logTopic(prefix));
  return ends?.end ?? 0n;
};

/** Deletes every topic of a cell. */
export const dropTopics = async (access: KafkaAccess, prefix: string): Promise<void> => {
  const admin = connectKafka(CLIENT, access).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
};
