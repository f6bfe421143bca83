import { EVENT_CATALOGUE, isEventType } from '@plinth/messages';
import { DESK_TOPICS, type DeskTopic } from './desk-topics.ts';

/** Text of a proto file, by its path below `proto/`. */
export type ProtoFiles = (path: string) => string;

type Json = Readonly<Record<string, unknown>>;

const text = (description: string, more: Json = {}): Json => ({ type: 'string', description, ...more });

/** In CloudEvents' binary mode on Kafka the attributes are headers. */
const EVENT_HEADERS: Json = {
  type: 'object',
  required: [
    ...['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'ce_subject', 'content-type'],
    ...['ce_position', 'ce_part', 'ce_sequence', 'ce_previous', 'ce_hash'],
  ],
  properties: {
    ce_specversion: text('CloudEvents', { const: '1.0' }),
    ce_id: text('id of the event in the log; with /n for further records of the same event'),
    ce_source: text('the cell, as /plinth/cells/{cell}'),
    ce_type: text('full name of the protobuf message in the value'),
    ce_time: text('time of the decision', { format: 'date-time' }),
    ce_subject: text('the key again'),
    ce_traceparent: text('W3C trace context, when there is one'),
    'content-type': text('how the value is encoded', { const: 'application/protobuf' }),
    ce_position: text('position in the log that the record stands at; never falls within a partition'),
    ce_part: text('which of the records of that position, from 0'),
    ce_redrives: text('position of the event, when it was put aside first and delivered later'),
    ce_sequence: text('counts the records of the partition from 1: a step of more than one is a loss'),
    ce_previous: text('ce_hash of the record before in the partition, hex'),
    ce_hash: text(
      'SHA-256, hex, over these parts, each after its length in 4 bytes, big endian: plinth-desk-v1, the ' +
        '32 bytes of ce_previous, ce_sequence, ce_id, the key, the value. Before the first record: over ' +
        'plinth-desk-v1, the name of the topic, the number of the partition',
    ),
  },
};

/** The file of a message below `proto/`. */
const protoFileOf = (files: ProtoFiles, name: string): string => {
  const [, context = '', message = ''] = /^plinth\.(\w+)\.v1\.(\w+)$/.exec(name) ?? [];
  const file = `plinth/${context}/v1/${context === 'desk' ? 'state' : 'events'}.proto`;
  if (files(file).includes(`\nmessage ${message} {\n`)) return file;
  throw new Error(`Expected a message ${message} in ${file}`);
};

const messagesOf = (files: ProtoFiles): Json => {
  const names = [...new Set(DESK_TOPICS.flatMap(({ messages }) => messages))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const file = protoFileOf(files, name);
      const message = name.split('.').at(-1) ?? '';
      const schema = isEventType(message) ? { 'x-schema-version': EVENT_CATALOGUE[message].schema } : {};
      return [
        name,
        {
          name,
          contentType: 'application/protobuf',
          headers: { $ref: '#/components/schemas/eventHeaders' },
          payload: {
            schemaFormat: 'application/vnd.google.protobuf;version=3',
            schema: { $ref: `../proto/${file}` },
          },
          ...{ 'x-message': name, ...schema },
        },
      ];
    }),
  );
};

const ref = (name: string): Json => ({ $ref: `#/components/messages/${name.replaceAll('/', '~1')}` });

const channelOf = (topic: DeskTopic): Json => ({
  address: `{prefix}.${topic.name}.v1`,
  title: topic.name,
  description:
    `${topic.about}. Key: ${topic.key}.` +
    (topic.kind === 'state'
      ? ' Compacted: the last record of a key is how things stand; none, no value.'
      : ''),
  parameters: { prefix: { $ref: '#/components/parameters/prefix' } },
  messages: Object.fromEntries(topic.messages.map((name) => [name, ref(name)])),
  bindings: {
    kafka: {
      partitions: topic.partitions,
      topicConfiguration: { 'cleanup.policy': [topic.kind === 'state' ? 'compact' : 'delete'] },
    },
  },
});

const BACKBONE: Json = {
  address: '{prefix}.log.v1',
  title: 'log',
  description:
    'Every event of the cell in position order, one partition: what the services themselves follow. ' +
    'The value is the canonical form of the event, a leaf of the signed tree.',
  parameters: { prefix: { $ref: '#/components/parameters/prefix' } },
  messages: { event: { $ref: '#/components/messages/logEvent' } },
  bindings: { kafka: { partitions: 1, topicConfiguration: { 'cleanup.policy': ['delete'] } } },
};

const LOG_EVENT: Json = {
  name: 'logEvent',
  contentType: 'application/octet-stream',
  headers: {
    type: 'object',
    required: ['position', 'previous', 'hash', 'epoch'],
    properties: {
      position: text('gapless from 1'),
      previous: text('hash of the chain before this event, 32 bytes'),
      hash: text('SHA-256 of plinth-chain-v1, previous and the value, 32 bytes'),
      epoch: text('of the log; it rises when a standby is promoted'),
      traceparent: text('W3C trace context, when there is one'),
    },
  },
};

const HEADS: Json = {
  address: '{prefix}.heads.v1',
  title: 'heads',
  description: 'Signed heads of the tree over the log, in the order in which they were signed.',
  parameters: { prefix: { $ref: '#/components/parameters/prefix' } },
  messages: { head: { $ref: '#/components/messages/treeHead' } },
  bindings: { kafka: { partitions: 1, topicConfiguration: { 'cleanup.policy': ['delete'] } } },
};

const TREE_HEAD: Json = {
  name: 'treeHead',
  contentType: 'application/json',
  payload: {
    type: 'object',
    required: ['logId', 'epoch', 'size', 'root', 'timeMs', 'keyId', 'signature'],
    properties: {
      logId: text('name of the log, made with its schema'),
      epoch: { type: 'integer', description: 'of the log; it rises with a restore or a promotion' },
      size: { type: 'integer', description: 'events that the head covers' },
      root: text('of the RFC 9162 tree over the first `size` events, hex'),
      timeMs: { type: 'integer', description: 'when it was signed, ms since 1970 UTC' },
      keyId: text('first 16 hex digits of the SHA-256 of the public key'),
      signature: text(
        'Ed25519, base64, over plinth-head-v1, logId, epoch, size, root, timeMs, keyId, a line each',
      ),
    },
  },
};

const DEAD_LETTER: Json = {
  name: 'deadLetter',
  contentType: 'application/protobuf',
  description: 'Payload of an event as the log has it. No value: it was delivered.',
  headers: {
    type: 'object',
    required: ['type', 'schema', 'reason'],
    properties: {
      type: text('type of the event'),
      schema: text('version of its payload'),
      reason: text('why no record could be made of it'),
    },
  },
};

/** The AsyncAPI 3 document of every topic, made from the list that the relay publishes by. */
export const asyncApi = (files: ProtoFiles): Json => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Plinth: topics',
    version: '1.0.0',
    description:
      'Topics of one cell, derived from its log by the relay. Records can come twice, never out of order ' +
      'but as a repetition: drop what is not the next ce_sequence of its partition.',
  },
  defaultContentType: 'application/protobuf',
  channels: {
    log: BACKBONE,
    ...Object.fromEntries(DESK_TOPICS.map((topic) => [topic.name, channelOf(topic)])),
    heads: HEADS,
    dead: {
      address: '{prefix}.dead.v1',
      title: 'dead',
      description: 'Events that no record of a topic could be made of. Key: topic@position. Compacted.',
      parameters: { prefix: { $ref: '#/components/parameters/prefix' } },
      messages: { letter: { $ref: '#/components/messages/deadLetter' } },
      bindings: { kafka: { partitions: 1, topicConfiguration: { 'cleanup.policy': ['compact'] } } },
    },
  },
  operations: Object.fromEntries(
    ['log', ...DESK_TOPICS.map(({ name }) => name), 'heads', 'dead'].map((name) => [
      `send.${name}`,
      { action: 'send', channel: { $ref: `#/channels/${name}` } },
    ]),
  ),
  components: {
    parameters: {
      prefix: { default: 'plinth', description: 'PLINTH_KAFKA_PREFIX of the cell' },
    },
    schemas: { eventHeaders: EVENT_HEADERS },
    messages: { logEvent: LOG_EVENT, deadLetter: DEAD_LETTER, treeHead: TREE_HEAD, ...messagesOf(files) },
  },
});
