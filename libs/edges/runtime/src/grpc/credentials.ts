import { credentials, experimental, ServerCredentials, type ChannelCredentials } from '@grpc/grpc-js';
import { boundedConnect } from './bounded-connect.ts';
import { CertificateFiles, type MutualTlsFiles, type TlsFiles } from './certificates.ts';
import { identityOf, identityUri } from './identity.ts';

/** Told of certificate files that cannot be used; those before stay in use. */
export type ReportCertificate = (error: Error) => void;

export const byDefault: ReportCertificate = (error) => process.emitWarning(error);

/** Plaintext without files. With an authority, callers must show a certificate of it. */
export const serverCredentials = (
  tls: TlsFiles | undefined,
  report: ReportCertificate = byDefault,
): ServerCredentials => {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const files = new CertificateFiles(tls, report);
  const isMutual = tls.caFile !== undefined;
  // In grpc-js 1.14 the first is the process's own certificate and the second its authority, whatever they
  // are called there; the spec of both cases holds it.
  return experimental.createCertificateProviderServerCredentials(files, isMutual ? files : null, isMutual);
};

/**
 * Of calls to other processes of the cell: they must prove which one they are. What counts is the name in the
 * certificate and not the address, so that a certificate of pricing is of no use at the address of accounts.
 */
export const channelCredentialsTo = (
  tls: MutualTlsFiles | undefined,
  report: ReportCertificate = byDefault,
): ((service: string) => ChannelCredentials) => {
  if (tls === undefined) return () => boundedConnect(credentials.createInsecure());
  const files = new CertificateFiles(tls, report);
  return (service) =>
    boundedConnect(
      experimental.createCertificateProviderChannelCredentials(files, files, {
        checkServerIdentity: (host, { subjectaltname }) => {
          const found = identityOf(subjectaltname);
          if (found === service) return undefined;
          return new Error(
            `Expected a certificate of ${identityUri(service)} at ${host}, was ${found ?? 'another'}`,
          );
        },
      }),
    );
};
