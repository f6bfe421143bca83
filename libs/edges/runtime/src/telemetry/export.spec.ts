import { describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTelemetry } from './export.ts';
import { countCommand, observeLag } from './instruments.ts';
import { traceAppend } from './spans.ts';

describe('telemetry', () => {
  it('reaches a collector over OTLP, metrics too', async () => {
    const seen: string[] = [];
    const collector: Server = createServer((request, response) => {
      seen.push(request.url ?? '');
      request.resume().on('end', () => response.writeHead(200).end());
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    const telemetry = await startTelemetry('plinth', { collector: `http://127.0.0.1:${port}/` });
    await traceAppend('risk', async () => undefined);
    countCommand({ service: 'risk', name: 'Do', outcome: 'accepted' });
    const forget = observeLag(
      'risk',
      () => Promise.resolve(5n),
      () => 2n,
    );
    await telemetry.stop();
    forget();
    await new Promise((resolve) => collector.close(resolve));
    expect(seen).toContain('/v1/traces');
    expect(seen).toContain('/v1/metrics');
  });
});
