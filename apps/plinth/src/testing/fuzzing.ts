import { status as grpc } from '@grpc/grpc-js';
import { RULES } from '@plinth/gateway';
import type { ClientKey } from '@plinth/gateway/client';
import {
  BAD_NUMBERS,
  BAD_TEXTS,
  mutated,
  replaceText,
  sampleOf,
  type Seeded,
  type WireMethod,
} from '@plinth/messages/testing';
import { INNER_METADATA } from '@plinth/runtime';
import { vocabulary } from './small-cell.ts';
import { framed, type Ending, type WireCaller } from './wire-caller.ts';

/** Inputs per family; a longer run by `PLINTH_FUZZ_INPUTS`, another one by `PLINTH_FUZZ_SEED`. */
export const FUZZ_INPUTS = Number(process.env['PLINTH_FUZZ_INPUTS'] ?? 10_000);
export const FUZZ_SEED = Number(process.env['PLINTH_FUZZ_SEED'] ?? 20_200_312);

/** Inputs under way at once, and between two rests. */
export const AT_ONCE = 50;

/** Answers that say something; INTERNAL, UNKNOWN and an end without a status do not. */
export const CLEAR: readonly Ending['code'][] = [
  ...[grpc.OK, grpc.INVALID_ARGUMENT, grpc.NOT_FOUND, grpc.ALREADY_EXISTS, grpc.PERMISSION_DENIED],
  ...[grpc.RESOURCE_EXHAUSTED, grpc.FAILED_PRECONDITION, grpc.ABORTED, grpc.UNAUTHENTICATED],
];

const texts = [...BAD_NUMBERS, ...BAD_TEXTS].map((text) => Buffer.from(text, 'utf8'));

/** Bytes of a request as meant, changed, or with one text replaced by a bad one. */
export const input = (method: WireMethod, random: Seeded): Buffer => {
  const sample = Buffer.from(sampleOf(method.input, { random, vocabulary }));
  switch (random.int(8)) {
    case 0:
      return sample;
    case 1:
    case 2:
      return replaceText(sample, random, random.pick(texts));
    default:
      return mutated(sample, random);
  }
};

/** What is done to the frame around a message. */
const FRAMES: readonly ((body: Buffer, random: Seeded) => readonly Buffer[])[] = [
  // Cut into single writes.
  (body) => [...framed(body)].slice(0, 40).map((byte) => Buffer.of(byte)),
  (body) => [framed(body).subarray(0, 3), framed(body).subarray(3)],
  // Says 4 GB.
  (body) => [Buffer.from('00ffffffff', 'hex'), body],
  (body) => [Buffer.from('0000200000', 'hex'), body],
  // Compressed, in no way that was agreed; and a flag that does not exist.
  (body) => [Buffer.of(1), framed(body).subarray(1)],
  (body, random) => [Buffer.of(2 + random.int(254)), framed(body).subarray(1)],
  // Two messages where one is expected; nothing; half a head; less than announced.
  (body) => [framed(body), framed(body)],
  () => [],
  (body) => [framed(body).subarray(0, 4)],
  (body, random) => [framed(body).subarray(0, 5 + random.int(body.length + 1))],
];

export const badFrame = (body: Buffer, random: Seeded): readonly Buffer[] =>
  random.pick(FRAMES)(body, random);

/** Endings that gRPC itself may give to a frame that is none. */
export const CLEAR_OF_FRAMES: readonly Ending['code'][] = [
  ...CLEAR,
  ...[grpc.UNIMPLEMENTED, grpc.INTERNAL, grpc.CANCELLED, 'cut' as const],
];

const isCommand = ({ service, name }: WireMethod): boolean =>
  RULES[service.slice(service.lastIndexOf('.') + 1)]?.[name]?.kind === 'command';

/** One input to the clients' edge: mostly signed as it should be, now and then not, or in a bad frame. */
export const callEdge = async (
  caller: WireCaller,
  method: WireMethod,
  key: ClientKey,
  random: Seeded,
  n: number,
): Promise<string | undefined> => {
  const body = input(method, random);
  const requestId = isCommand(method) ? `f${n}` : '';
  const kind = random.int(20);
  const headers = kind === 0 ? {} : caller.signed(key, method.path, body, requestId);
  if (kind === 1) headers['plinth-signature'] = Buffer.from(random.bytes(64)).toString('base64');
  const isFramed = kind !== 2;
  const payload = isFramed ? [framed(body)] : badFrame(body, random);
  const { code, message } = await caller.send(method.path, payload, headers);
  if ((isFramed ? CLEAR : CLEAR_OF_FRAMES).includes(code)) return undefined;
  return `#${n} ${method.path} ${body.toString('hex').slice(0, 400)}: ${code} ${message}`;
};

/** One input to a service behind the edge, as its neighbours would send it. */
export const callService = async (
  caller: WireCaller,
  method: WireMethod,
  random: Seeded,
  n: number,
): Promise<string | undefined> => {
  const body = input(method, random);
  const isFramed = random.int(20) !== 0;
  const payload = isFramed ? [framed(body)] : badFrame(body, random);
  const headers = {
    [INNER_METADATA.requestId]: random.int(30) === 0 ? random.pick(['', 'a b', 'x'.repeat(65)]) : `f${n}`,
    [INNER_METADATA.tenant]: random.pick(['alpha', 'operator', 'beta', 'nobody', '']),
    [INNER_METADATA.actor]: random.int(30) === 0 ? random.pick(['', 'x', 'client:a b']) : 'client:alpha.desk',
  };
  const { code, message } = await caller.send(method.path, payload, headers);
  if ((isFramed ? CLEAR : CLEAR_OF_FRAMES).includes(code)) return undefined;
  return `#${n} ${method.path} ${body.toString('hex').slice(0, 400)}: ${code} ${message}`;
};
