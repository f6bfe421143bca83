import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from './cluster.ts';

/** Runs in a process before anything else of it: what `Date` says is off by what a file of its own says. */
const shiftedClock = (directory: string): void => {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const [RealDate, file] = [Date, `${directory}/${process.pid}`];
  const realNow = RealDate.now.bind(RealDate);
  let offsetMs = 0;
  const look = (): void => {
    try {
      offsetMs = Number.parseInt(readFileSync(file, 'utf8'), 10) || 0;
    } catch {
      // Nobody has changed this clock.
    }
  };
  setInterval(look, 100).unref();
  RealDate.now = () => realNow() + offsetMs;
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(RealDate.now()).toString(),
    construct: (target, given: unknown[], made) =>
      Reflect.construct(target, given.length === 0 ? [RealDate.now()] : given, made) as object,
  });
};

/** The wall clock of each process of a cluster, to be changed while it runs. */
export class Clocks {
  readonly #directory = mkdtempSync(join(tmpdir(), 'plinth-clocks-'));

  /** What processes must be started with. */
  get environment(): Readonly<Record<string, string>> {
    const source = `(${shiftedClock.toString()})(${JSON.stringify(this.#directory)})`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(source)}`;
    return { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${preload}`.trim() };
  }

  /** From about now on the process's clock is off by so much. */
  set({ child }: Part, offsetMs: number): void {
    writeFileSync(join(this.#directory, String(child.pid)), String(offsetMs));
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
