/** Fields of a request by their names in the code; a text unless `parse` makes something else of it. */
export type FieldOf = Readonly<{
  field: string;
  about: string;
  parse?: (text: string) => unknown;
}>;

export type ArgumentOf = FieldOf & Readonly<{ name: string; isOptional?: boolean }>;

export type OptionOf = FieldOf &
  Readonly<{
    /** As commander has them: `--asset <symbol>`; `<order...>` may be given several times. */
    flags: string;
    required?: boolean;
    choices?: readonly string[];
    /** Value of the field when the option is absent. */
    fallback?: unknown;
    /**
     * The field's value follows from the request id (after `{client}.` for an order), so that a repetition is
     * the same.
     */
    fromRequestId?: 'plain' | 'own-part';
  }>;

/** One command of the line that is one call of the gateway. */
export type Call = Readonly<{
  /** `accounts list`. */
  name: string;
  about: string;
  /** `Accounts.ListAccounts`. */
  method: string;
  args?: readonly ArgumentOf[];
  options?: readonly OptionOf[];
  /** The field of the answer that is a list, when it is one: printed as a table. */
  rows?: string;
  columns?: readonly string[];
  /** The answer rests on no position of one log. */
  isWithoutPosition?: true;
  /** Fields with the times between which a row was, or is, under way: its age is shown beside them. */
  lifetime?: Readonly<{ from: string; to: string }>;
}>;

export const text = (flags: string, field: string, about: string): OptionOf => ({ flags, field, about });

export const needed = (flags: string, field: string, about: string): OptionOf => ({
  ...text(flags, field, about),
  required: true,
});

export const oneOf = (
  flags: string,
  field: string,
  about: string,
  choices: readonly string[],
  fallback?: string,
): OptionOf => ({
  ...text(flags, field, about),
  choices,
  ...(fallback === undefined ? { required: true } : { fallback }),
});

export const flag = (flags: string, field: string, about: string): OptionOf => ({
  ...text(flags, field, about),
  fallback: false,
});

export const argument = (name: string, field: string, about: string): ArgumentOf => ({ name, field, about });

export const optional = (name: string, field: string, about: string): ArgumentOf => ({
  ...argument(name, field, about),
  isOptional: true,
});

export const ACCOUNT = argument('account', 'accountId', 'account id');
export const ORDER = argument('order', 'orderId', 'order id');
export const LIQUIDATION = argument('liquidation', 'liquidationId', 'liquidation id');
export const SUB_ACCOUNT = text(
  '--sub-account <id>',
  'subAccountId',
  'sub-account; absent: the account itself',
);
export const ASSET = needed('--asset <symbol>', 'asset', 'asset, e.g. USDC');
export const AMOUNT = needed('--amount <decimal>', 'amount', 'amount in units of the asset');
export const AT = needed('--at <location>', 'location', 'vault:{chain} or venue:{venue}');
export const CLIENT = argument('client', 'clientId', 'client id');

/** The id of a movement: given, or made from the request id. */
export const movementId = (field: string): OptionOf => ({
  ...text('--id <id>', field, 'its own id, unique in the account (default: the request id)'),
  fromRequestId: 'plain',
});
