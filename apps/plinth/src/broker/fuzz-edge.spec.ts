import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientKey } from '@plinth/gateway/client';
import { Seeded, wireMethods } from '@plinth/messages/testing';
import { heldMb } from '../bench/held-memory.ts';
import { AT_ONCE, callEdge, FUZZ_INPUTS, FUZZ_SEED } from '../testing/fuzzing.ts';
import { openSmallCell, type SmallCell } from '../testing/small-cell.ts';
import { WireCaller } from '../testing/wire-caller.ts';

const RATES = { perSecond: 1e9, burst: 1e9 };
const SCOPES = ['read', 'trade', 'transfer', 'withdraw'];
/** Every command leaves an answer in the log for ever, so some of it is meant to stay. */
const KEPT_MB_PER_10_000 = 60;

const methods = wireMethods(/^plinth\.gateway\.v1\./);
const families = [...new Set(methods.map(({ service }) => service))];

describe('the clients’ edge under changed bytes', () => {
  let cell: SmallCell;
  let caller: WireCaller;
  let client: ClientKey;
  let operator: ClientKey;
  const unhandled: unknown[] = [];
  const keep = (error: unknown): void => void unhandled.push(error);

  beforeAll(async () => {
    process.on('unhandledRejection', keep);
    process.on('uncaughtExceptionMonitor', keep);
    cell = await openSmallCell({ heartbeatMs: 20, rates: { perKey: RATES, perClient: RATES } });
    client = await cell.issue('alpha.fuzz', 'alpha', SCOPES, 'hmac-sha256');
    operator = await cell.issue('alpha.root', 'alpha', [...SCOPES, 'operate'], 'hmac-sha256');
    caller = new WireCaller(cell.port, cell.clock.now);
  }, 60_000);

  afterAll(async () => {
    process.off('unhandledRejection', keep);
    process.off('uncaughtExceptionMonitor', keep);
    caller.close();
    await cell.stop();
  });

  it.each(families)(
    `%s answers every input with a status that says why, and lives (seed ${FUZZ_SEED})`,
    async (family) => {
      const own = methods.filter(({ service }) => service === family);
      const random = new Seeded(FUZZ_SEED + families.indexOf(family));
      const before = heldMb();
      const findings: string[] = [];
      for (let n = 0; n < FUZZ_INPUTS; n += AT_ONCE) {
        const calls = Array.from({ length: AT_ONCE }, (_, i) => {
          const isOperator = family.endsWith('.Operations') || random.int(4) === 0;
          return callEdge(caller, random.pick(own), isOperator ? operator : client, random, n + i);
        });
        findings.push(...(await Promise.all(calls)).filter((found) => found !== undefined));
        // What was accepted is folded and reacted to: a poisoned event would be thrown here.
        await cell.settle();
        // Nonces are forgotten as time passes.
        if (n % 10_000 === 0) await cell.moveTo(cell.clock.now() + 61_000);
        // A connection that opens streams and leaves them at once, again and again, is cut: rightly so.
        if (n % 1_000 === 0) caller.close();
      }
      expect(findings.slice(0, 10)).toEqual([]);
      expect(cell.bugs).toEqual([]);
      expect(unhandled).toEqual([]);
      expect(heldMb() - before).toBeLessThan(KEPT_MB_PER_10_000 * Math.max(1, FUZZ_INPUTS / 10_000));
    },
    60_000 + FUZZ_INPUTS * 10,
  );
});
