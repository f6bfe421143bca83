import { assert } from '@plinth/money';
import type { Envelope } from './envelope.ts';
import type { Fold } from './fold.ts';
import { stateOf, wholeStateText } from './state-text.ts';

type Folds = Readonly<Record<string, Fold>>;

const CUTS_MAX = 40;
const EXCERPT_CHARS = 160;

const dumpOf = (name: string, fold: Fold | undefined): string => {
  assert(fold !== undefined, () => `Expected a fold ${name} every time`);
  return wholeStateText(fold.dump());
};

/** What can be seen of folds: their state with its order, their entries as they are hashed, their answers. */
const seenOf = <F extends Folds>(folds: F, answers: (folds: F) => unknown): ReadonlyMap<string, string> => {
  const seen = new Map<string, string>();
  for (const [name, fold] of Object.entries(folds)) {
    seen.set(`state of ${name}`, dumpOf(name, fold));
    const entries = [...fold.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    seen.set(`entries of ${name}`, wholeStateText(entries));
  }
  return seen.set('answers', wholeStateText(answers(folds)));
};

const expectSame = (
  when: string,
  restored: ReadonlyMap<string, string>,
  whole: ReadonlyMap<string, string>,
): void => {
  for (const [what, expected] of whole) {
    const actual = restored.get(what) ?? '';
    if (actual === expected) continue;
    let at = 0;
    while (actual[at] === expected[at]) at += 1;
    const near = (text: string): string =>
      text.slice(Math.max(0, at - EXCERPT_CHARS / 2), at + EXCERPT_CHARS);
    throw new Error(`${when}, ${what}: Expected …${near(expected)}…, was …${near(actual)}…`);
  }
};

const applyAll = (folds: Folds, events: readonly Envelope[]): void => {
  for (const event of events) for (const fold of new Set(Object.values(folds))) fold.apply(event);
};

/** Places at which a log of so many events is cut: its ends, and some in between, evenly. */
const cutsOf = (count: number): readonly number[] => {
  const steps = Math.min(CUTS_MAX, Math.max(1, count));
  return [...new Set(Array.from({ length: steps + 1 }, (_, i) => Math.round((i * count) / steps)))];
};

/**
 * Asserts that folds restored in the middle of a log are the folds that saw all of it: equal state, entries
 * and answers at once, and still when both have folded the rest. Folds that read others stand after them.
 */
export const expectRestores = <F extends Folds>(
  make: () => F,
  events: readonly Envelope[],
  answers: (folds: F) => unknown = () => undefined,
  cuts: readonly number[] = cutsOf(events.length),
): void => {
  for (const cut of cuts) {
    const [whole, restored] = [make(), make()];
    applyAll(whole, events.slice(0, cut));
    for (const [name, fold] of Object.entries(restored)) {
      fold.load(stateOf(dumpOf(name, whole[name])) as never);
    }
    expectSame(`restored after ${cut}`, seenOf(restored, answers), seenOf(whole, answers));
    for (const folds of [whole, restored]) applyAll(folds, events.slice(cut));
    expectSame(
      `restored after ${cut}, ${events.length} folded`,
      seenOf(restored, answers),
      seenOf(whole, answers),
    );
  }
};
