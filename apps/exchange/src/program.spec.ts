import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotPlay, Program } from './program.ts';

describe('Program', () => {
  let directory: string;
  let now = 1_000_000;
  const clock = { now: () => now };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'plinth-program-'));
    now = 1_000_000;
  });
  /** The market is opened at a million. */
  const since = (sinceMs: number) => ({ sinceMs, datedSinceMs: 1_000_000 });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const close = (program: Program): void => {
    for (const venue of program.venues.values()) venue.close();
  };

  it('plays the calm market until it is asked for another', () => {
    const program = new Program(directory, 3, clock, 200);
    expect(program.info).toMatchObject({ scenario: 'calm', seed: 3, sinceMs: 1_000_000 });
    now += 5_000;
    const info = program.play({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500 });
    expect(info).toEqual({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500, ...since(1_005_000) });
    expect(program.market.feed.ticks).toBe(40);
    close(program);
  });

  it('lists options and futures once, and quotes the same ones in every scenario until they expire', () => {
    const program = new Program(directory, 3, clock, 200);
    const contracts = () =>
      program.market.feed.instruments.flatMap(({ instrumentId, kind, expiresAtMs }) =>
        kind === 'option' ? [`${instrumentId} ${expiresAtMs}`] : [],
      );
    const listed = contracts();
    expect(listed).toHaveLength(80);
    const booksOf = (tick: number) =>
      program.market.feed.booksAt(tick, 'alpha').filter(({ instrumentId }) => /-[CP]$/.test(instrumentId));
    expect(booksOf(0)).toHaveLength(80);
    now += 90 * 60_000;
    program.play({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 60_000 });
    expect(contracts()).toEqual(listed);
    expect(booksOf(0)).toHaveLength(80);
    // The first ones expire two hours after the opening, on the next full hour.
    const [expiry] = listed.map((text) => Number(text.split(' ')[1])).sort((a, b) => a - b) as [number];
    expect(expiry).toBe(3 * 3_600_000);
    now = expiry;
    program.play({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500 });
    expect(contracts()).toEqual(listed);
    expect(booksOf(0)).toHaveLength(60);
    close(program);
  });

  it('lists none in a market that was opened without', () => {
    writeFileSync(join(directory, 'market.json'), '{"seed":3,"startedAtMs":1000000,"isDated":true}');
    const program = new Program(directory, 3, clock, 200);
    program.play({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500 });
    const kinds = program.market.feed.instruments.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['spot', 'perpetual', 'future']));
    expect(program.info.datedSinceMs).toBe(0);
    close(program);
  });

  it('goes on with the same scenario after a restart', () => {
    const first = new Program(directory, 3, clock, 200);
    const info = first.play({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500 });
    close(first);
    now += 60_000;
    const second = new Program(directory, 3, clock, 200);
    expect(second.info).toEqual(info);
    close(second);
  });

  it.each([
    [{ scenario: 'boom', seed: 1, ticks: 40, tickMs: 500 }, /scenario/],
    [{ scenario: 'crash', seed: 1, ticks: 19, tickMs: 500 }, /ticks/],
    [{ scenario: 'crash', seed: 1, ticks: 40, tickMs: 49 }, /tick_ms/],
  ])('refuses %j and plays on', (request, field) => {
    const program = new Program(directory, 3, clock, 200);
    const before = program.info;
    expect(() => program.play(request)).toThrow(CannotPlay);
    expect(() => program.play(request)).toThrow(field);
    expect(program.info).toEqual(before);
    close(program);
  });
});
