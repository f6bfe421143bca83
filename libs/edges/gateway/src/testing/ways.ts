import { Client, credentials, Metadata, status as grpc, type StatusObject } from '@grpc/grpc-js';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Status } from '@plinth/messages/edge';
import { errorFromStatus, STATUS_DETAILS } from '@plinth/runtime/grpc';
import type { SignedForm } from '../auth/signing.ts';
import type { ClientKey } from '../client/key-file.ts';
import { callSigner } from '../client/sign-call.ts';
import { bytesOfJson, jsonOfBytes, messagesOf } from '../web/wire-types.ts';
import { exchange, type HttpAnswer, type HttpVersion } from './http-exchange.ts';

/** One call, whatever way it goes. */
export type Ask = Readonly<{
  path: string;
  request: JsonObject;
  /** Nobody signs without one. */
  key?: ClientKey;
  requestId?: string;
  nonce?: string;
  timestampMs: number;
  cell?: string;
  /** More headers, or metadata. */
  more?: Readonly<Record<string, string>>;
  /** Signed, and sent as another request. */
  sentInstead?: JsonObject;
}>;

/** How it ended. Of a stream: with its first message, or before. */
export type Outcome = Readonly<{
  code: grpc;
  reason: string;
  message: string;
  field: string | undefined;
  facts: Readonly<Record<string, string>>;
  retryAfterMs: number | undefined;
  response: JsonValue | undefined;
  position: string | undefined;
}>;

export type Way = Readonly<{ name: string; call: (port: number, ask: Ask) => Promise<Outcome> }>;

const refused = (status: StatusObject): Outcome => {
  const { code, reason, message, field, facts, retryAfterMs } = errorFromStatus(status);
  return { code, reason, message, field, facts, retryAfterMs, response: undefined, position: undefined };
};

const answered = (response: JsonValue, position: string | undefined): Outcome => ({
  ...{ code: grpc.OK, reason: '', message: '', field: undefined, facts: {}, retryAfterMs: undefined },
  ...{ response, position },
});

const headersOf = (ask: Ask, form: SignedForm, body: Uint8Array): Readonly<Record<string, string>> => {
  const { key, path: method, requestId = '', cell = '', timestampMs, nonce, more } = ask;
  if (key === undefined) return { ...more };
  const call = {
    method,
    form,
    body,
    requestId,
    cell,
    timestampMs,
    ...(nonce === undefined ? {} : { nonce }),
  };
  return { ...Object.fromEntries(callSigner(key)(call)), ...more };
};

const isStream = (path: string): boolean => path.includes('.Streams/');

const grpcWay: Way = {
  name: 'gRPC',
  call: (port, ask) => {
    const { input, output } = messagesOf(ask.path);
    const metadata = new Metadata();
    const signed = bytesOfJson(input, Buffer.from(JSON.stringify(ask.request)));
    for (const [name, value] of Object.entries(headersOf(ask, 'proto', signed))) metadata.set(name, value);
    const sent = ask.sentInstead;
    const bytes = sent === undefined ? signed : bytesOfJson(input, Buffer.from(JSON.stringify(sent)));
    const pass = (value: Buffer): Buffer => value;
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
    });
    return new Promise<Outcome>((resolve) => {
      let position: string | undefined;
      const heard = (found: Metadata): void => {
        position = String(found.get('plinth-position')[0] ?? '') || undefined;
      };
      if (isStream(ask.path)) {
        const stream = client.makeServerStreamRequest(ask.path, pass, pass, bytes, metadata);
        stream.on('data', (message: Buffer) => {
          resolve(answered(jsonOfBytes(output, message), undefined));
          stream.cancel();
        });
        stream.on('error', (error) => resolve(refused(error as unknown as StatusObject)));
        return;
      }
      const call = client.makeUnaryRequest(ask.path, pass, pass, bytes, metadata, (error, message) => {
        if (error !== null) resolve(refused(error));
        else resolve(answered(jsonOfBytes(output, message ?? Buffer.alloc(0)), position));
      });
      call.on('metadata', heard);
    }).finally(() => client.close());
  },
};

const frame = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

type Frame = Readonly<{ flags: number; message: Buffer }>;

const framesOf = (body: Buffer): readonly Frame[] => {
  const found: Frame[] = [];
  for (let at = 0; at + 5 <= body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    if (end > body.length) break;
    found.push({ flags: body.readUInt8(at), message: body.subarray(at + 5, end) });
    at = end;
  }
  return found;
};

const unbased = (text: Buffer): Buffer =>
  Buffer.concat((text.toString().match(/[^=]+=*/g) ?? []).map((piece) => Buffer.from(piece, 'base64')));

const statusOfTrailers = (text: string): StatusObject => {
  const lines = new Map(
    text.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  const metadata = new Metadata();
  const details = lines.get(STATUS_DETAILS);
  if (details !== undefined) metadata.set(STATUS_DETAILS, Buffer.from(details, 'base64'));
  const message = decodeURIComponent(lines.get('grpc-message') ?? '');
  return { code: Number(lines.get('grpc-status')), details: message, metadata };
};

const positionOf = ({ headers }: HttpAnswer): string | undefined => {
  const found = headers['plinth-position'];
  return typeof found === 'string' ? found : undefined;
};

const grpcWebWay = (version: HttpVersion, isText: boolean): Way => ({
  name: `gRPC-Web${isText ? ' text' : ''}, HTTP/${version}`,
  call: async (port, ask) => {
    const { input, output } = messagesOf(ask.path);
    const signed = bytesOfJson(input, Buffer.from(JSON.stringify(ask.request)));
    const sent = ask.sentInstead;
    const bytes = frame(sent === undefined ? signed : bytesOfJson(input, Buffer.from(JSON.stringify(sent))));
    const contentType = `application/grpc-web${isText ? '-text' : ''}+proto`;
    const open = (body: Buffer): readonly Frame[] => framesOf(isText ? unbased(body) : body);
    const answer = await exchange(version, {
      ...{ port, path: ask.path },
      headers: { 'content-type': contentType, ...headersOf(ask, 'proto', signed) },
      body: isText ? Buffer.from(bytes.toString('base64')) : bytes,
      ...(isStream(ask.path) ? { isEnough: (body: Buffer) => open(body).length > 0 } : {}),
    });
    const frames = open(answer.body);
    const message = frames.find(({ flags }) => flags === 0);
    const end = frames.find(({ flags }) => flags === 0x80);
    const status = end === undefined ? undefined : statusOfTrailers(end.message.toString());
    if (status !== undefined && status.code !== grpc.OK) return refused(status);
    if (status === undefined && !isStream(ask.path)) throw new Error('Expected trailers in the body');
    if (message === undefined) throw new Error(`Expected a message, was HTTP ${answer.status}`);
    return answered(jsonOfBytes(output, message.message), positionOf(answer));
  },
});

type ErrorJson = Readonly<{
  code: string;
  message: string;
  details: readonly Readonly<{ type: string; value: string; debug?: JsonValue }>[];
}>;

/** The error of a body, through the details' bytes, as a status of gRPC. */
const statusOfJson = ({ code, message, details }: ErrorJson): StatusObject => {
  const name = code === 'canceled' ? 'CANCELLED' : code.toUpperCase();
  const metadata = new Metadata();
  const any = details.map(({ type, value }) => ({
    typeUrl: `type.googleapis.com/${type}`,
    value: Buffer.from(value, 'base64'),
  }));
  const number = grpc[name as keyof typeof grpc];
  const bytes = Status.encode({ code: number, message, details: any }).finish();
  metadata.set(STATUS_DETAILS, Buffer.from(bytes));
  return { code: number, details: message, metadata };
};

const jsonWay = (version: HttpVersion, streamType: 'lines' | 'frames'): Way => ({
  name: `JSON${streamType === 'frames' ? ' in frames' : ''}, HTTP/${version}`,
  call: async (port, ask) => {
    const message = Buffer.from(JSON.stringify(ask.request));
    const isFramed = isStream(ask.path) && streamType === 'frames';
    const sent = ask.sentInstead === undefined ? message : Buffer.from(JSON.stringify(ask.sentInstead));
    const isWhole = (body: Buffer): boolean =>
      isFramed ? framesOf(body).length > 0 : body.toString().includes('\n');
    const answer = await exchange(version, {
      ...{ port, path: ask.path },
      headers: {
        'content-type': isFramed ? 'application/connect+json' : 'application/json',
        ...headersOf(ask, 'json', message),
      },
      body: isFramed ? frame(sent) : sent,
      ...(isStream(ask.path) ? { isEnough: isWhole } : {}),
    });
    const text = isFramed ? framesOf(answer.body)[0]?.message.toString() : answer.body.toString();
    const found = JSON.parse(text ?? '') as JsonObject;
    if (answer.status !== 200) return refused(statusOfJson(found as unknown as ErrorJson));
    if ('error' in found) return refused(statusOfJson(found['error'] as unknown as ErrorJson));
    const response = isStream(ask.path) && !isFramed ? found['result'] : found;
    return answered(response ?? null, positionOf(answer));
  },
});

/** Every way to the same handlers. */
export const WAYS: readonly Way[] = [
  grpcWay,
  grpcWebWay(1, false),
  grpcWebWay(2, false),
  grpcWebWay(1, true),
  jsonWay(1, 'lines'),
  jsonWay(2, 'lines'),
  jsonWay(1, 'frames'),
];
