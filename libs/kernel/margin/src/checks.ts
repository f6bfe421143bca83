/** A wrong input or a broken invariant: says which field, what was expected and what was found. */
export class MarginInputError extends Error {
  override readonly name = 'MarginInputError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.field = field;
  }
}

export const refuse = (field: string, message: string): never => {
  throw new MarginInputError(field, message);
};

export const checkId = (field: string, id: string, limit: number): void => {
  if (id.length === 0 || id.length > limit)
    refuse(field, `Expected 1 to ${limit} characters, was ${id.length}`);
};

export const checkFinite = (field: string, value: number): void => {
  if (!Number.isFinite(value)) refuse(field, `Expected a finite number, was ${value}`);
};

export const checkPositive = (field: string, value: number): void => {
  if (!(value > 0 && Number.isFinite(value))) refuse(field, `Expected a finite number above 0, was ${value}`);
};

/** Interns ids to dense indexes in order of arrival; refuses a full table and an unknown id by name. */
export class IdTable {
  readonly ids: string[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #noun: string;
  readonly #limit: number;

  constructor(noun: string, limit: number) {
    this.#noun = noun;
    this.#limit = limit;
  }

  get size(): number {
    return this.ids.length;
  }

  find(id: string): number | undefined {
    return this.#indexes.get(id);
  }

  indexOf(id: string): number {
    return this.#indexes.get(id) ?? refuse(this.#noun, `Expected a registered ${this.#noun}, was "${id}"`);
  }

  add(id: string): number {
    checkId(this.#noun, id, 128);
    if (this.#indexes.has(id)) refuse(this.#noun, `Expected a new id, "${id}" is registered`);
    if (this.ids.length >= this.#limit)
      refuse(this.#noun, `Expected at most ${this.#limit}; the table is full`);
    const index = this.ids.length;
    this.#indexes.set(id, index);
    this.ids.push(id);
    return index;
  }

  intern(id: string): number {
    return this.#indexes.get(id) ?? this.add(id);
  }
}
