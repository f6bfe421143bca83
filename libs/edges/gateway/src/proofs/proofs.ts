import { status as grpc } from '@grpc/grpc-js';
import { categoryOf, reject, type StoredEvent } from '@plinth/eventing';
import { gatewayMessages } from '@plinth/messages';
import type { TreeHead } from '@plinth/runtime';
import { GrpcError, rejectionError } from '@plinth/runtime/grpc';
import { OPERATOR } from '../auth/authenticator.ts';
import type { IdRule } from '../policy/rules.ts';
import type { Tenancy } from '../policy/tenancy.ts';
import type { GatewayMethod } from '../server/methods.ts';
import type { Admitted } from '../server/request-pipeline.ts';
import type { Answer } from '../server/unary.ts';
import type { ProofSource } from './proof-source.ts';

/** Streams that belong to a client, by category: what their id names. */
const STREAM_OWNERS: ReadonlyMap<string, Exclude<IdRule['kind'], 'new-order'>> = new Map([
  ['client', 'client'],
  ['account', 'account'],
  ['margin', 'account'],
  ['order', 'order'],
  ['liquidation', 'liquidation'],
]);

const unknownEvent = (): GrpcError =>
  rejectionError(
    reject('EVENT_UNKNOWN', 'Expected position to be an event on a stream of your own', {
      field: 'position',
      reason: 'missing',
    }),
  );

const noHead = (field: string): GrpcError =>
  rejectionError(
    reject('TREE_HEAD_UNKNOWN', `Expected ${field} to be the size of a signed tree head`, {
      field,
      reason: 'missing',
    }),
  );

const wireHead = ({ root, signature, size, ...head }: TreeHead): gatewayMessages.TreeHead => ({
  ...head,
  size: BigInt(size),
  root: Buffer.from(root, 'hex'),
  signature: Buffer.from(signature, 'base64'),
});

/**
 * Proofs of one cell's log for clients: of heads, of their own events, and that no history was changed
 * between two heads.
 */
export class Proofs {
  readonly #source: ProofSource | undefined;
  readonly #cell: string;
  readonly #tenancy: Pick<Tenancy, 'owns'>;
  #encoded: Readonly<{ head: TreeHead; bytes: Uint8Array }> | undefined;

  constructor(source: ProofSource | undefined, cell: string, tenancy: Pick<Tenancy, 'owns'>) {
    this.#source = source;
    this.#cell = cell;
    this.#tenancy = tenancy;
  }

  /** The newest head as bytes, for the metadata of every answer. */
  head(): Uint8Array | undefined {
    const head = this.#source?.newest();
    if (head === undefined) return undefined;
    if (this.#encoded?.head !== head) {
      this.#encoded = { head, bytes: gatewayMessages.TreeHead.encode(wireHead(head)).finish() };
    }
    return this.#encoded.bytes;
  }

  async answer({ name }: GatewayMethod, { caller, request }: Admitted, signal: AbortSignal): Promise<Answer> {
    const source = this.#source;
    const newest = source?.newest();
    if (source === undefined || newest === undefined) {
      throw new GrpcError(grpc.FAILED_PRECONDITION, 'NO_TREE_HEAD', 'this cell has signed no tree head yet');
    }
    const position = BigInt(newest.size);
    if (name === 'GetTreeHead') {
      const response: gatewayMessages.GetTreeHeadResponse = {
        head: wireHead(newest),
        publicKey: Buffer.from(source.publicKey),
        cell: this.#cell,
      };
      return { response, position };
    }
    const response =
      name === 'ProveInclusion'
        ? await this.#inclusion(
            source,
            newest,
            caller.tenant,
            request as unknown as gatewayMessages.ProveInclusionRequest,
            signal,
          )
        : consistency(source, request as unknown as gatewayMessages.ProveConsistencyRequest);
    return { response, position };
  }

  async #inclusion(
    source: ProofSource,
    newest: TreeHead,
    tenant: string,
    { position, treeSize }: gatewayMessages.ProveInclusionRequest,
    signal: AbortSignal,
  ): Promise<gatewayMessages.ProveInclusionResponse> {
    const head = treeSize === 0n ? newest : headOf(source, treeSize, 'tree_size');
    if (position < 1n || position > BigInt(head.size)) throw unknownEvent();
    const event = await source.event(position);
    if (event === undefined || !(await this.#isOwn(tenant, event, signal))) throw unknownEvent();
    return {
      head: wireHead(head),
      canonicalEvent: Buffer.from(source.canonical(event)),
      path: source.inclusion(position, head.size).map((hash) => Buffer.from(hash)),
    };
  }

  async #isOwn(tenant: string, { stream }: StoredEvent, signal: AbortSignal): Promise<boolean> {
    if (tenant === OPERATOR) return true;
    const category = categoryOf(stream);
    const kind = STREAM_OWNERS.get(category);
    if (kind === undefined) return false;
    return this.#tenancy.owns(tenant, kind, stream.slice(category.length + 1), 0n, signal);
  }
}

const headOf = (source: ProofSource, size: bigint, field: string): TreeHead => {
  const head = size > 0n && size <= Number.MAX_SAFE_INTEGER ? source.headOf(Number(size)) : undefined;
  if (head === undefined) throw noHead(field);
  return head;
};

const consistency = (
  source: ProofSource,
  { firstSize, secondSize }: gatewayMessages.ProveConsistencyRequest,
): gatewayMessages.ProveConsistencyResponse => {
  const first = headOf(source, firstSize, 'first_size');
  const second = headOf(source, secondSize, 'second_size');
  if (first.size > second.size) {
    throw rejectionError(
      reject('INVALID_FIELD', `Expected second_size of at least ${first.size}, was ${second.size}`, {
        field: 'second_size',
        reason: 'invalid',
      }),
    );
  }
  return {
    first: wireHead(first),
    second: wireHead(second),
    path: source.consistency(first.size, second.size).map((hash) => Buffer.from(hash)),
  };
};
