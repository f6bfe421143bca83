/** What no amount, price or quantity is. */
export const BAD_NUMBERS = [
  ...['NaN', 'Infinity', '-Infinity', '1e400', '1e-400', '1e1', '0x10', '0b1', '1_000', '1,000', '1 000'],
  ...['1.', '.5', '+1', '--1', '1.2.3', ' 1', '1 ', '1\n', '1\u0000', '٣', '１', '²', '½', 'one', '-'],
  ...['01', '00.5', '0.0000000000000000000000000000000000001', '1'.repeat(1_000)],
  ...['9'.repeat(80), `0.${'1'.repeat(300)}`, 'null', 'undefined', '{}', '[]', '1;DROP TABLE events'],
] as const;

/** What no id, name or choice is. */
export const BAD_TEXTS = [
  ...['\u0000', 'a\u0000b', '\u202eevil', 'a\u200bb', '\ud800', 'é', 'é', 'A B', 'a/b', '../../etc/passwd'],
  ...["'; DROP TABLE events; --", '%s%s%s%n', '${jndi:ldap://x}', '{{7*7}}', '<script>', '*', '%', '_'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'],
  ...['a\nlevel=60 msg="forged"', 'a\r\nx: y', '\t', ' ', '-', '.', '..', 'null', 'undefined', 'NaN'],
  ...['a'.repeat(65), 'a'.repeat(1_000), 'Ａ', '𝔞', '\u0661', '-a', 'a-'.repeat(40), '🦊'.repeat(20)],
] as const;

/**
 * Texts that take a backtracking expression exponential or quadratic time: long runs that almost match.
 */
export const SLOW_TEXTS = [
  `${'a'.repeat(50_000)}!`,
  `${'1'.repeat(50_000)}x`,
  `${'0'.repeat(50_000)}.`,
  `1.${'0'.repeat(50_000)}e`,
  `${'a-'.repeat(25_000)}!`,
  `${'.'.repeat(50_000)}`,
  `${' '.repeat(50_000)}x`,
  `${'a.'.repeat(25_000)}\n`,
] as const;
