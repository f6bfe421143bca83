import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
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
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const close = (program: Program): void => {
    for (const venue of program.venues.values()) venue.close();
  };

  it('plays the calm market until it is asked for another', () => {
    const program = new Program(directory, 3, clock, 200);
    expect(program.info).toMatchObject({ scenario: 'calm', seed: 3, sinceMs: 1_000_000 });
    now += 5_000;
    const info = program.play({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500 });
    expect(info).toEqual({ scenario: 'crash', seed: 7, ticks: 40, tickMs: 500, sinceMs: 1_005_000 });
    expect(program.market.feed.ticks).toBe(40);
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
