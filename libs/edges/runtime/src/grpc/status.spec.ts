import { describe, expect, it } from '@jest/globals';
import { Metadata, status as grpc } from '@grpc/grpc-js';
import { OutcomeUnknown, reject, Retryable } from '@plinth/eventing';
import fc from 'fast-check';
import { GRPC_LIMITS } from './limits.ts';
import { errorFromStatus, errorOf, GrpcError, rejectionError, STATUS_DETAILS, statusOf } from './status.ts';

const noBug = (): void => {
  throw new Error('Expected no bug');
};

describe('the status of an error', () => {
  it('carries reason, facts, field and wait to whoever reads it', () => {
    const facts = fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,15}$/), fc.string({ maxLength: 50 }), {
      maxKeys: 8,
      noNullPrototype: true,
    });
    const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(of, { nil: undefined });
    const more = fc.record({
      facts,
      field: optional(fc.string({ minLength: 1, maxLength: 50 })),
      retryAfterMs: optional(fc.nat(100_000)),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(3, 5, 6, 8, 9, 14),
        fc.string({ maxLength: 200 }),
        more,
        (code, message, given) => {
          const error = new GrpcError(code, 'SOME_REASON', message, given);
          const read = errorFromStatus(statusOf(error));
          expect([read.message, { ...read }]).toEqual([message, { ...error }]);
        },
      ),
    );
  });

  it('fits into the trailers, however much there is to say', () => {
    const facts = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`fact_${i}`, 'x'.repeat(5_000)]));
    const status = statusOf(new GrpcError(grpc.NOT_FOUND, 'LONG', 'm'.repeat(50_000), { facts, field: 'f' }));
    const [bytes] = status.metadata.get(STATUS_DETAILS);
    expect(bytes?.length).toBeLessThanOrEqual(GRPC_LIMITS.statusBytesMax);
    expect(errorFromStatus(status)).toMatchObject({ reason: 'LONG', facts: {} });
    expect(status.details).toHaveLength(GRPC_LIMITS.statusTextMax);
  });

  it('keeps what is most useful when not all fits', () => {
    const facts = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`fact_${i}`, 'x'.repeat(1_000)]));
    const field = 'f'.repeat(1_000);
    const status = statusOf(new GrpcError(grpc.NOT_FOUND, 'LONG', 'm'.repeat(1_000), { facts, field }));
    expect(errorFromStatus(status)).toMatchObject({ reason: 'LONG', field: undefined });
  });

  it('says the code when there are no details, or broken ones', () => {
    const metadata = new Metadata();
    expect(errorFromStatus({ code: grpc.UNAVAILABLE, details: 'gone', metadata }).reason).toBe('UNAVAILABLE');
    metadata.set(STATUS_DETAILS, Buffer.from('ffffffff', 'hex'));
    expect(errorFromStatus({ code: grpc.NOT_FOUND, details: 'no', metadata })).toMatchObject({
      ...{ code: grpc.NOT_FOUND, reason: 'NOT_FOUND', message: 'no' },
    });
  });
});

describe('an error that a handler threw', () => {
  it.each([
    [reject('A', 'a', { reason: 'invalid' }), grpc.INVALID_ARGUMENT],
    [reject('A', 'a', { reason: 'missing' }), grpc.NOT_FOUND],
    [reject('A', 'a', { reason: 'exists' }), grpc.ALREADY_EXISTS],
    [reject('A', 'a'), grpc.FAILED_PRECONDITION],
    [new Retryable('busy'), grpc.UNAVAILABLE],
    [new OutcomeUnknown('cut'), grpc.UNAVAILABLE],
    [rejectionError(reject('A', 'a', { reason: 'missing' })), grpc.NOT_FOUND],
  ])('%j has its code', (thrown, code) => {
    expect(errorOf(thrown, noBug).code).toBe(code);
  });

  it.each([new Error('secret'), 'secret', undefined, { secret: 1 }])(
    'and that nobody expected shows an id alone',
    (thrown) => {
      const reported: unknown[] = [];
      const { code, message, facts } = errorOf(thrown, (id, error) => reported.push([id, error]));
      expect(code).toBe(grpc.INTERNAL);
      expect(message).toBe(`internal error ${facts['id']}`);
      expect(reported).toEqual([[facts['id'], thrown]]);
    },
  );
});
