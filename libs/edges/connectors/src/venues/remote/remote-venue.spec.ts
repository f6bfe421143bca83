import { describe, expect, it } from '@jest/globals';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { limit, setup, signal } from '../simulated/simulated-venue.fixture.ts';
import type { Fate, SimulatedVenue } from '../simulated/simulated-venue.ts';
import { memoryJournal } from '../simulated/venue-journal.ts';
import { venueAdapterContract } from '../venue-adapter.contract.ts';
import { RemoteVenue } from './remote-venue.ts';
import { serveVenues } from './venue-server.ts';

const listen = async (venues: ReadonlyMap<string, SimulatedVenue>, port = 0) => {
  const server = new Server();
  serveVenues(server, venues);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    );
  });
  return { port: bound, stop: () => server.forceShutdown() };
};

const connect = (port: number, more: Readonly<{ settleMs?: number }> = {}): RemoteVenue =>
  new RemoteVenue({
    ...{ venueId: 'alpha', address: `127.0.0.1:${port}`, timeoutMs: 2_000, settleMs: 0 },
    credentials: credentials.createInsecure(),
    ...more,
  });

venueAdapterContract('venue in another process', async () => {
  let fate: Fate = 'request-lost';
  let at = 1_000;
  const { venue } = setup(memoryJournal(), { fate: () => fate });
  const { port, stop } = await listen(new Map([['alpha', venue]]));
  const open = [connect(port)];
  const [adapter] = open as [RemoteVenue];
  return {
    adapter,
    instrumentId: 'BTC/USD',
    setOutside: async (bids, asks) => void venue.setLiquidity('BTC/USD', bids, asks, ++at),
    lose: async (what) => {
      fate = what === 'answer' ? 'answer-lost' : 'request-lost';
      venue.setCondition(what === 'none' ? 'up' : 'timeouts');
    },
    setReachable: async (isReachable) => venue.setCondition(isReachable ? 'up' : 'down'),
    reconnect: async () => {
      const again = connect(port);
      open.push(again);
      return again;
    },
    close: async () => {
      for (const one of open) one.close();
      stop();
      venue.close();
    },
  };
});

describe('a remote venue', () => {
  it('says of an order that certainly was not sent that it had no effect', async () => {
    const { port, stop } = await listen(new Map());
    stop();
    const remote = connect(port);
    expect(await remote.submit(limit('a', 'buy', '100', '1'), signal())).toMatchObject({
      status: 'unavailable',
    });
    expect(await remote.reports(0, 10, signal())).toMatchObject({ status: 'unavailable' });
    remote.close();
  });

  it('does not know what became of an order whose caller stopped waiting', async () => {
    const { venue } = setup(memoryJournal(), { latencyMs: 600 });
    const { port, stop } = await listen(new Map([['alpha', venue]]));
    const remote = connect(port);
    const outcome = await remote.submit(limit('a', 'buy', '100', '1'), AbortSignal.timeout(200));
    expect(outcome.status).toBe('unknown');
    remote.close();
    stop();
    venue.close();
  });

  it('does not call an order missing that may still be on its way', async () => {
    const { venue } = setup();
    const { port, stop } = await listen(new Map([['alpha', venue]]));
    const early = connect(port, { settleMs: 60_000 });
    expect(await early.query('a', signal())).toMatchObject({ status: 'unknown' });
    const late = connect(port);
    expect(await late.query('a', signal())).toEqual({ status: 'not-found' });
    for (const one of [early, late]) one.close();
    stop();
    venue.close();
  });

  it('is told by name of a venue that is not there', async () => {
    const { port, stop } = await listen(new Map());
    const remote = connect(port);
    const outcome = await remote.orderBook('BTC/USD', 5, signal());
    expect(outcome).toMatchObject({ status: 'unavailable', message: expect.stringContaining('venue_id') });
    remote.close();
    stop();
  });
});
