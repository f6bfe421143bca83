import { readFileSync } from 'node:fs';
import type { RiskParameters } from '@plinth/margin';
import { parseCellParameters } from '@plinth/portfolio';
import { CliError, EXIT } from './exit-codes.ts';

/** What a cell needs beside its margin parameters to be checked as a whole. */
const CALL = { graceMs: 3_600_000 };

/** Margin parameters of a file: a cell's set (`margin`), or what a calibration printed (`parameters`). */
export const readMarginParameters = (file: string): RiskParameters => {
  const refuse = (reason: string): never => {
    throw new CliError(EXIT.usage, `--parameters ${file}: ${reason}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const { margin, parameters } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const set = margin ?? parameters;
  if (set === undefined) return refuse('Expected a field margin or parameters, was neither');
  const read = parseCellParameters(JSON.stringify({ margin: set, call: CALL }));
  if (read.parameters !== undefined) return read.parameters.margin;
  const [{ field, message }] = read.problems;
  return refuse(`${field}: ${message}`);
};
