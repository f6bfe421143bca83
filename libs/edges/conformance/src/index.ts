export { CaseFileError } from './case-file.ts';
export { FORMATS, REFUSED } from './formats/index.ts';
export type { CaseFormat } from './format.ts';
export { runCaseFile, type CaseReport, type Failure, type FileReport } from './run-file.ts';
export { checkLendingFile, LendingFileError, type LendingCheck } from './recorded-lending.ts';
