/** What an id looks like, and how long it may be: one place for every edge that takes one. */
export const ID_PATTERNS = {
  account: /^[a-z0-9][a-z0-9]{0,31}$/,
  client: /^[a-z0-9][a-z0-9]{0,31}$/,
  subAccount: /^[a-z0-9][a-z0-9]{0,31}$/,
  asset: /^[A-Z0-9]{2,12}$/,
  instrument: /^[A-Z0-9]{2,12}(\/[A-Z0-9]{2,12}|(-[A-Z0-9]{1,12}){1,3})$/,
  /** Structured products: like instruments, with up to six parts and no pair. */
  product: /^[A-Z0-9]{2,12}(-[A-Z0-9]{1,12}){1,5}$/,
  venue: /^[a-z][a-z0-9]{0,23}$/,
  /** Ids that clients make: orders, withdrawals, transfers, requests. */
  reference: /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/,
  location: /^(vault|venue):[a-z][a-z0-9]{0,23}$/,
} as const;

export type IdKind = keyof typeof ID_PATTERNS;

export const isId = (kind: IdKind, value: string): boolean => ID_PATTERNS[kind].test(value);

export const venueLocation = (venueId: string): string => `venue:${venueId}`;

/** The venue of a location `venue:{id}`; undefined for a vault. */
export const venueOfLocation = (location: string): string | undefined =>
  location.startsWith('venue:') ? location.slice('venue:'.length) : undefined;
