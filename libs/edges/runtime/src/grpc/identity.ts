/** A name that a certificate may give its process: `accounts`. */
const NAME = '[a-z][a-z0-9-]{0,31}';

const ENTRY = new RegExp(`^URI:spiffe://plinth/(${NAME})$`);

/** How a certificate names a service, as a URI among its alternative names (SPIFFE). */
export const identityUri = (name: string): string => `spiffe://plinth/${name}`;

/**
 * Which process a certificate belongs to, from its alternative names as Node writes them (`DNS:a,
 * URI:spiffe://plinth/a`); undefined when it names none, or several.
 */
export const identityOf = (subjectAltName: string | undefined): string | undefined => {
  // Node quotes what could be taken for a separator, so that a quoted entry is never one of ours.
  const names = (subjectAltName ?? '').split(', ').flatMap((entry) => ENTRY.exec(entry)?.[1] ?? []);
  return names.length === 1 ? names[0] : undefined;
};
