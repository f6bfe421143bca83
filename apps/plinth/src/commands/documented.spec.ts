import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { registerAll } from './index.ts';

const DOCS = resolve(import.meta.dirname, '..', '..', '..', '..', 'docs');

const program = new Command('plinth');
registerAll(program);

/** Commands as runbooks and how-tos write them, in a block or within a sentence; `test` is the launcher’s. */
const written = (): readonly (readonly [place: string, line: string])[] =>
  ['runbooks', 'how-to'].flatMap((directory) =>
    readdirSync(join(DOCS, directory)).flatMap((name) => {
      const text = readFileSync(join(DOCS, directory, name), 'utf8').replace(/ \\\n\s*/g, ' ');
      const found = text.matchAll(/(?:^|`)(?:\.\/)?plinth (?!test\b)([a-z][^`\n]*)/gm);
      return [...found].map(([, line = '']) => [`${directory}/${name}`, line] as const);
    }),
  );

const wordsOf = (line: string): readonly string[] =>
  line
    .replace(/\s#.*$/, '')
    .replace(/\s(\||>|&&).*$/, '')
    .match(/'[^']*'|"[^"]*"|\S+/g) ?? [];

/** What is wrong with a line: a command, an option or an argument that there is not. */
const problemOf = (line: string): string | undefined => {
  const words = [...wordsOf(line)];
  let command = program;
  for (;;) {
    const next = command.commands.find((one) => one.name() === words[0]);
    if (next === undefined) break;
    command = next;
    words.shift();
  }
  if (command.commands.length > 0) return words.length === 0 ? undefined : `no command ${words[0]}`;
  let given = 0;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-') || /^-\d/.test(word)) {
      given += 1;
      continue;
    }
    const [flag = '', inline] = word.split('=');
    const option = command.options.find(({ long, short }) => flag === long || flag === short);
    if (option === undefined) return `no option ${flag}`;
    if (inline !== undefined || option.isBoolean()) continue;
    words.shift();
    if (option.variadic) while (words[0] !== undefined && !words[0].startsWith('-')) words.shift();
  }
  const variadic = command.registeredArguments.some((argument) => argument.variadic);
  const most = variadic ? Infinity : command.registeredArguments.length;
  return given > most ? `${given} arguments, at most ${most}` : undefined;
};

describe('what runbooks and how-tos have somebody type', () => {
  it('is a command that there is, with its options', () => {
    const lines = written();
    expect(lines.length).toBeGreaterThan(60);
    const wrong = lines.flatMap(([place, line]) => {
      const problem = problemOf(line);
      return problem === undefined ? [] : [`${place}: plinth ${line}: ${problem}`];
    });
    expect(wrong).toEqual([]);
  });

  it('is read as the line itself would be', () => {
    expect(problemOf('venues state alpha down')).toContain('2 arguments');
    expect(problemOf('venues stat alpha')).toContain('no command stat');
    expect(problemOf('venues state alpha --stat down')).toBe('no option --stat');
    expect(problemOf("venues state alpha --state down --reason 'it lies'")).toBeUndefined();
  });
});
