import type { TlsFiles } from '../grpc/server.ts';
import { ConfigError } from './config.ts';

type TlsSettings = Readonly<{
  PLINTH_TLS_KEY: string | undefined;
  PLINTH_TLS_CERT: string | undefined;
  PLINTH_TLS_CA: string | undefined;
}>;

/** Certificate files of this process: key and certificate come together, and say who it is to both sides. */
export const tlsOf = ({
  PLINTH_TLS_KEY: keyFile,
  PLINTH_TLS_CERT: certFile,
  PLINTH_TLS_CA: caFile,
}: TlsSettings): Readonly<{ tls?: TlsFiles }> => {
  if (keyFile === undefined && certFile === undefined && caFile === undefined) return {};
  if (keyFile === undefined || certFile === undefined)
    throw new ConfigError('PLINTH_TLS_KEY, PLINTH_TLS_CERT: Expected both or none');
  return { tls: { keyFile, certFile, ...(caFile === undefined ? {} : { caFile }) } };
};

/** `risk=risk:7410,accounts=accounts:7410` as a map. */
export const parseAddresses = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(',').map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    }),
  );
