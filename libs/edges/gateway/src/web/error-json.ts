import { status as grpc, type StatusObject } from '@grpc/grpc-js';
import type { JsonObject } from '@bufbuild/protobuf';
import { Status } from '@plinth/messages/edge';
import { STATUS_DETAILS } from '@plinth/runtime/grpc';
import { jsonOfDetail } from './wire-types.ts';

/** HTTP status of each code, as the Connect protocol has them. */
const HTTP_STATUS: Readonly<Record<grpc, number>> = {
  [grpc.OK]: 200,
  [grpc.CANCELLED]: 499,
  [grpc.UNKNOWN]: 500,
  [grpc.INVALID_ARGUMENT]: 400,
  [grpc.DEADLINE_EXCEEDED]: 504,
  [grpc.NOT_FOUND]: 404,
  [grpc.ALREADY_EXISTS]: 409,
  [grpc.PERMISSION_DENIED]: 403,
  [grpc.RESOURCE_EXHAUSTED]: 429,
  [grpc.FAILED_PRECONDITION]: 400,
  [grpc.ABORTED]: 409,
  [grpc.OUT_OF_RANGE]: 400,
  [grpc.UNIMPLEMENTED]: 501,
  [grpc.INTERNAL]: 500,
  [grpc.UNAVAILABLE]: 503,
  [grpc.DATA_LOSS]: 500,
  [grpc.UNAUTHENTICATED]: 401,
};

export const httpStatusOf = (code: grpc): number => HTTP_STATUS[code];

/** `failed_precondition`; Connect writes `canceled` with one l. */
const codeName = (code: grpc): string => (code === grpc.CANCELLED ? 'canceled' : grpc[code].toLowerCase());

const TYPE_URL = /^type\.googleapis\.com\//;

/** What stands in `grpc-status-details-bin`, one by one: as bytes, and as `debug` for people. */
const detailsOf = ({ metadata }: StatusObject): JsonObject[] => {
  const [bytes] = metadata.get(STATUS_DETAILS);
  if (!Buffer.isBuffer(bytes)) return [];
  return Status.decode(bytes).details.map(({ typeUrl, value }) => {
    const type = typeUrl.replace(TYPE_URL, '');
    const debug = jsonOfDetail(type, value);
    const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
    return { type, value: base64, ...(debug === undefined ? {} : { debug }) };
  });
};

/** A failure in the JSON form of the Connect protocol. */
export const errorJson = (failure: StatusObject): JsonObject => ({
  code: codeName(failure.code),
  message: failure.details,
  details: detailsOf(failure),
});
