import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { CertificateFiles, type TlsFiles } from './certificates.ts';

/** Of callers that offer both, HTTP/2 is taken: it carries every protocol of the port. */
const ALPN = ['h2', 'http/1.1'];

export type TlsDoor = Readonly<{ server: Server; close: () => void }>;

/**
 * Ends TLS for connections that are handed to it, with the certificate that the files say now. With an
 * authority, callers must show a certificate of it.
 */
export const openTls = (
  files: TlsFiles,
  onRefused: (error: Error) => void,
  handshakeMs: number,
  take: (socket: TLSSocket) => void,
): TlsDoor => {
  const watched = new CertificateFiles(files, onRefused);
  const isMutual = files.caFile !== undefined;
  const context = (): SecureContextOptions => {
    const { key, cert, ca } = watched.current;
    return { key, cert, ...(ca === undefined ? {} : { ca }) };
  };
  const asked = { requestCert: isMutual, rejectUnauthorized: isMutual };
  const server = createServer(
    { ...context(), ...asked, ALPNProtocols: ALPN, handshakeTimeout: handshakeMs },
    take,
  );
  const renew = (): void => server.setSecureContext(context());
  watched.addIdentityCertificateListener(renew);
  watched.addCaCertificateListener(renew);
  return {
    server,
    close: () => {
      watched.removeIdentityCertificateListener(renew);
      watched.removeCaCertificateListener(renew);
    },
  };
};
