import { basename } from 'node:path';
import { isRecord, type Fields } from './fields.ts';
import { LIMITS } from './limits.ts';

/** A case as its file has it: `input`, `expected` and whatever else the format says. */
export type Case = Fields;

export type CaseFile = Readonly<{
  /** Name of the file without folder. */
  name: string;
  /** What stands beside the cases: parameters, tolerances, sources. */
  header: Fields;
  cases: readonly Case[];
}>;

/** A file that is no case file, or one of a format that is not known. Says which and why. */
export class CaseFileError extends Error {
  override readonly name = 'CaseFileError';
}

/** Integers beyond 2⁵³ become bigint, so that no digit of an exact case is lost. */
const exactNumbers = (_key: string, value: unknown, context?: Readonly<{ source?: string }>): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? BigInt(context?.source ?? '')
    : value;

export const parseCaseFile = (path: string, text: string): CaseFile => {
  const name = basename(path);
  if (text.length > LIMITS.fileBytes)
    throw new CaseFileError(`${name}: Expected at most ${LIMITS.fileBytes} characters, was ${text.length}`);
  const content = parse(name, text);
  const header = isRecord(content) ? content : {};
  const cases = isRecord(content) ? content['cases'] : content;
  if (!Array.isArray(cases)) throw new CaseFileError(`${name}: Expected a list "cases", was none`);
  if (cases.length === 0 || cases.length > LIMITS.cases)
    throw new CaseFileError(`${name}: Expected 1 to ${LIMITS.cases} cases, was ${cases.length}`);
  cases.forEach((item, i) => {
    if (!isRecord(item)) throw new CaseFileError(`${name}: Expected cases[${i}] to be an object`);
  });
  return { name, header, cases: cases as readonly Case[] };
};

const parse = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text, exactNumbers);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CaseFileError(`${name}: Expected JSON: ${why}`);
  }
};

export const caseId = (item: Case, index: number): string => {
  const id = item['id'] ?? item['name'];
  return typeof id === 'string' || typeof id === 'number' ? String(id) : `#${index}`;
};
