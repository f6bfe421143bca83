import type { Case, CaseFile } from './case-file.ts';
import type { Tolerance } from './comparison.ts';

/**
 * One format of case files. An adapter turns the input of a case into a call of production code and returns
 * an object with the shape of `expected`, with every figure that the code gives; which of them a case
 * compares, its file says.
 */
export type CaseFormat = Readonly<{
  /** The file's own name without suffix: `06-options-bsm-haug`. */
  name: string;
  /** Keys of a case without which it is not of this format. Dotted: `input.options`. */
  keys: readonly string[];
  tolerance: (item: Case, file: CaseFile) => Tolerance;
  /** Undefined figures, and keys that it does not have, are reported as not compared. */
  evaluate: (item: Case, file: CaseFile) => unknown;
  /** What the case expects, where that is not its key `expected`. */
  expected?: (item: Case) => unknown;
  /** What a reader should know of the rule: what it leaves open. */
  notes?: readonly string[];
}>;
