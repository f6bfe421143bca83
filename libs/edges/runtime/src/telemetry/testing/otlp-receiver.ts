import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { spansOfExport, type ReceivedSpan } from './otlp-spans.ts';

/** A collector for tests: keeps the spans that it is sent, over HTTP in protobuf. */
export class OtlpReceiver {
  readonly #spans: ReceivedSpan[] = [];
  readonly #server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (request.url === '/v1/traces') this.#spans.push(...spansOfExport(bytes));
      response.writeHead(200).end();
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  ofTrace(trace: string): readonly ReceivedSpan[] {
    return this.#spans.filter((span) => span.trace === trace);
  }

  /** From a span to the first of its trace, along parents: what caused it, and what caused that. */
  wayUp(span: ReceivedSpan): readonly ReceivedSpan[] {
    const parent = this.ofTrace(span.trace).find(({ id }) => id === span.parent);
    return parent === undefined ? [span] : [span, ...this.wayUp(parent)];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
