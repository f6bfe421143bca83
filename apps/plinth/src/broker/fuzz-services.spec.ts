import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Seeded, wireMethods } from '@plinth/messages/testing';
import { heldMb } from '../bench/held-memory.ts';
import { AT_ONCE, callService, FUZZ_INPUTS, FUZZ_SEED } from '../testing/fuzzing.ts';
import { openServedCell, type ServedCell } from '../testing/served-cell.ts';
import { WireCaller } from '../testing/wire-caller.ts';

const CONTEXTS = ['accounts', 'pricing', 'interest', 'risk', 'routing', 'liquidation'] as const;
/** Every command leaves an answer in the log for ever, so some of it is meant to stay. */
const KEPT_MB_PER_10_000 = 80;

describe('the services behind the edge under changed bytes', () => {
  let cell: ServedCell;
  const unhandled: unknown[] = [];
  const keep = (error: unknown): void => void unhandled.push(error);

  beforeAll(async () => {
    process.on('unhandledRejection', keep);
    cell = await openServedCell();
  }, 60_000);

  afterAll(async () => {
    process.off('unhandledRejection', keep);
    await cell.stop();
  });

  it.each(CONTEXTS)(
    `%s answers every input with a status that says why, and goes on (seed ${FUZZ_SEED})`,
    async (context) => {
      const methods = wireMethods(new RegExp(`^plinth\\.${context}\\.v1\\.\\w+(Commands|Queries)$`));
      const random = new Seeded(FUZZ_SEED + CONTEXTS.indexOf(context));
      const caller = new WireCaller(cell.ports.get(context) ?? 0, Date.now);
      const before = heldMb();
      const findings: string[] = [];
      for (let n = 0; n < FUZZ_INPUTS; n += AT_ONCE) {
        const calls = Array.from({ length: AT_ONCE }, (_, i) =>
          callService(caller, random.pick(methods), random, n + i),
        );
        findings.push(...(await Promise.all(calls)).filter((found) => found !== undefined));
      }
      caller.close();
      expect(findings.slice(0, 10)).toEqual([]);
      expect(cell.bugs).toEqual([]);
      expect(unhandled).toEqual([]);
      // Whatever was accepted has been folded and reacted to by everybody.
      const { position } = await cell.log.head();
      for (const { host } of cell.services.values())
        await host.waitFor(position, AbortSignal.timeout(20_000));
      expect(cell.failures).toEqual([]);
      expect(heldMb() - before).toBeLessThan(KEPT_MB_PER_10_000 * Math.max(1, FUZZ_INPUTS / 10_000));
    },
    60_000 + FUZZ_INPUTS * 10,
  );
});
