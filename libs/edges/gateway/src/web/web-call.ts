import { EventEmitter } from 'node:events';
import type { Metadata, StatusObject } from '@grpc/grpc-js';

/** Where the answer of a call goes. */
export type AnswerSink = Readonly<{
  /** Before the first message. */
  head: (metadata: Metadata) => void;
  /** Gives whether the reader takes more at once. */
  message: (bytes: Buffer) => boolean;
  /** Once; without a failure when all went well. */
  end: (failure: StatusObject | undefined) => void;
}>;

export type WebRequest = Readonly<{
  request: Buffer;
  metadata: Metadata;
  peer: string;
  deadline: Date | number;
}>;

/** A call that came by another way than gRPC, as the handlers of grpc-js know theirs. */
export class WebCall extends EventEmitter {
  readonly request: Buffer;
  readonly metadata: Metadata;
  readonly #peer: string;
  readonly #deadline: Date | number;
  readonly #sink: AnswerSink;
  #isOver = false;
  cancelled = false;

  constructor({ request, metadata, peer, deadline }: WebRequest, sink: AnswerSink) {
    super();
    this.request = request;
    this.metadata = metadata;
    this.#peer = peer;
    this.#deadline = deadline;
    this.#sink = sink;
    // Handlers of streams tell their failure in this way.
    this.on('error', (failure: StatusObject) => this.end(failure));
  }

  getPeer(): string {
    return this.#peer;
  }

  getDeadline(): Date | number {
    return this.#deadline;
  }

  sendMetadata(metadata: Metadata): void {
    if (!this.#isOver) this.#sink.head(metadata);
  }

  write(bytes: Buffer): boolean {
    return this.#isOver || this.#sink.message(bytes);
  }

  end(failure?: StatusObject): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink.end(failure);
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.cancelled = true;
    this.emit('cancelled');
  }
}
