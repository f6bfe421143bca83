import { status as grpc } from '@grpc/grpc-js';
import { GRPC_LIMITS, GrpcError } from '@plinth/runtime/grpc';
import type { Readable } from 'node:stream';
import { LIMITS } from '../limits.ts';
import { tooLarge } from './protocols.ts';

/** Bytes of bodies that are being read: nobody has been proven to be anybody yet, so all share one bound. */
export class BodyRoom {
  readonly #max: number;
  #held = 0;

  constructor(max: number = LIMITS.bodyBytesMax) {
    this.#max = max;
  }

  get held(): number {
    return this.#held;
  }

  take(bytes: number): void {
    if (this.#held + bytes > this.#max) {
      throw new GrpcError(grpc.RESOURCE_EXHAUSTED, 'OVERLOADED', 'Expected fewer requests at once: wait', {
        retryAfterMs: 1_000,
      });
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

const late = (): GrpcError =>
  new GrpcError(
    grpc.DEADLINE_EXCEEDED,
    'REQUEST_TOO_SLOW',
    'Expected the whole request by now: send it at once',
  );

/** The caller has gone before its request was whole: nobody is left to be answered. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/**
 * The whole body of a request. What is too long, too slow or too much for now is refused as soon as that is
 * known, and the rest is not read.
 */
export const readBody = (
  request: Readable,
  contentLength: string | undefined,
  bytesMax: number,
  room: BodyRoom,
): Promise<Buffer> => {
  const said = Number(contentLength ?? 0);
  if (said > bytesMax) return Promise.reject(tooLarge(said));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (): void => {
      clearTimeout(timer);
      room.give(length);
      request.off('data', take).off('end', end).off('close', gone).off('error', gone);
    };
    const refuse = (error: Error): void => {
      done();
      request.pause();
      reject(error);
    };
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > bytesMax) return refuse(tooLarge(length + chunk.length));
      try {
        room.take(chunk.length);
      } catch (error) {
        return refuse(error as Error);
      }
      length += chunk.length;
      chunks.push(chunk);
    };
    const end = (): void => {
      done();
      resolve(Buffer.concat(chunks, length));
    };
    const gone = (): void => refuse(new CallerGone('the caller has gone'));
    const timer = setTimeout(() => refuse(late()), GRPC_LIMITS.requestMaxMs);
    request.on('data', take).on('end', end).on('close', gone).on('error', gone);
  });
};
