import { describe, expect, it } from '@jest/globals';
import { AssertionError } from '@plinth/money';
import { DEFAULT_CONTROLS } from './config.ts';
import { callVenue } from './venue-call.ts';

const config = { adapters: new Map(), venueTimeoutMs: 20, controls: DEFAULT_CONTROLS };
const running = new AbortController().signal;

/** A venue that answers nothing until the call is given up. */
const silent = (until: AbortSignal) =>
  new Promise<never>((_, reject) =>
    until.addEventListener('abort', () => reject(new Error('cut')), { once: true }),
  );

describe('a call to a venue', () => {
  it('that brings no answer in its time has an outcome that nobody knows', async () => {
    expect(await callVenue(config, running, silent)).toEqual({ status: 'unknown', message: 'cut' });
  });

  it.each(['unknown', 'unavailable'] as const)(
    'that is %s because the service stops says nothing of the venue',
    async (status) => {
      const stop = new AbortController();
      const cut = callVenue({ ...config, venueTimeoutMs: 60_000 }, stop.signal, (until) =>
        silent(until).catch(() => ({ status })),
      );
      stop.abort(new Error('stopping'));
      await expect(cut).rejects.toThrow('stopping');
    },
  );

  it('that was answered is so, also while the service stops', async () => {
    const answered = async () => Promise.resolve({ status: 'accepted' });
    expect(await callVenue(config, AbortSignal.abort(), answered)).toEqual({ status: 'accepted' });
  });

  it('that meets a bug stops the service', async () => {
    const bug = async () => Promise.reject(new AssertionError('Expected sense'));
    await expect(callVenue(config, running, bug)).rejects.toThrow('Expected sense');
  });
});
