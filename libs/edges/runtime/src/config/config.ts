/**
 * One setting: how its text is read, what it is when absent, and what it is for (shown in errors and docs).
 */
export type Setting<T> = Readonly<{
  parse: (text: string) => T;
  fallback?: T;
  about: string;
}>;

export type Schema = Readonly<Record<string, Setting<unknown>>>;

export type Config<S extends Schema> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** Bad or missing settings, all of them at once: each names the variable and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type More<T> = Readonly<{ about: string; fallback?: T }>;

export const textSetting = (more: More<string> & Readonly<{ pattern?: RegExp }>): Setting<string> => ({
  ...more,
  parse: (text) => {
    if (more.pattern?.test(text) === false)
      throw new Error(`Expected text like ${String(more.pattern)}, was ${text}`);
    return text;
  },
});

export const optionalTextSetting = (about: string): Setting<string | undefined> => ({
  about,
  parse: (text) => (text === '' ? undefined : text),
  fallback: undefined,
});

const ORIGINS_MAX = 100;

const originOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new Error(`Expected origins like https://desk.example.com, separated by commas, was ${text}`);
};

/** Origins of web pages, each as browsers write it; none when it is absent. Never all there are. */
export const originsSetting = (about: string): Setting<readonly string[]> => ({
  about,
  parse: (text) => {
    const found = text === '' ? [] : text.split(',').map((one) => originOf(one.trim()));
    if (found.length <= ORIGINS_MAX) return found;
    throw new Error(`Expected at most ${ORIGINS_MAX} origins, was ${found.length}`);
  },
  fallback: [],
});

export const integerSetting = (
  more: More<number> & Readonly<{ min: number; max: number }>,
): Setting<number> => ({
  ...more,
  parse: (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= more.min && value <= more.max) return value;
    throw new Error(`Expected a whole number from ${more.min} to ${more.max}, was ${text}`);
  },
});

/** Absent or empty: undefined. */
export const optionalIntegerSetting = (
  more: Readonly<{ about: string; min: number; max: number }>,
): Setting<number | undefined> => {
  const { parse } = integerSetting(more);
  return { about: more.about, parse: (text) => (text === '' ? undefined : parse(text)), fallback: undefined };
};

export const choiceSetting = <T extends string>(choices: readonly T[], more: More<T>): Setting<T> => ({
  ...more,
  parse: (text) => {
    const choice = choices.find((one) => one === text);
    if (choice === undefined) throw new Error(`Expected one of ${choices.join(', ')}, was ${text}`);
    return choice;
  },
});

const readOne = (
  name: string,
  setting: Setting<unknown>,
  text: string | undefined,
): Readonly<{ value?: unknown; problem?: string }> => {
  if (text === undefined) {
    if ('fallback' in setting) return { value: setting.fallback };
    return { problem: `${name}: must be set (${setting.about})` };
  }
  try {
    return { value: setting.parse(text) };
  } catch (error) {
    return { problem: `${name}: ${(error as Error).message} (${setting.about})` };
  }
};

/**
 * Reads a schema from an environment. Schemas compose by spreading. Only an app's main passes the process's
 * own environment; nobody else looks at it.
 * @throws ConfigError naming every setting that is wrong.
 */
export const readConfig = <S extends Schema>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): Config<S> => {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(schema)) {
    const { value, problem } = readOne(name, setting, environment[name]);
    if (problem === undefined) values[name] = value;
    else problems.push(problem);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return values as Config<S>;
};
