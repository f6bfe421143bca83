/** What the shell is told. Documented in the README. */
export const EXIT = {
  ok: 0,
  /** A check found something: a broken invariant, a proof that does not hold, a hash that differs. */
  checkFailed: 1,
  /** The command line or an input file is wrong. */
  usage: 2,
  /** The broker refused: the message names the field and the remedy. */
  refused: 3,
  /** The broker, its database or a file cannot be reached. Trying again may help. */
  unavailable: 4,
  /** It is not known whether the command had its effect: send it again with the same --request-id. */
  unknown: 5,
  /** A bug, or data that must not be interpreted: the trace says where it stopped. */
  internal: 70,
  interrupted: 130,
} as const;

/** Ends the program with a code and one line on standard error. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
