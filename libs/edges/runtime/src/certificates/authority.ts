import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { identityUri } from '../grpc/identity.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks of two machines differ. */
const SKEW_MS = 300_000;

/** A certificate and its private key, in PEM. */
export type Pair = Readonly<{ cert: string; key: string }>;

export type LeafTerms = Readonly<{
  /** The service that it stands for: `accounts`; without it, clients can check an address and no more. */
  identity?: string;
  /** Names and addresses under which the process is reached. */
  hosts: readonly string[];
  notAfterMs: number;
}>;

// Node's own, which the library knows under the browser's type.
x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const pemOf = async (cert: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<Pair> => {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return { cert: `${cert.toString('pem')}\n`, key: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n` };
};

const makeKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

/** A new authority of a cell: a root certificate that may sign others, and no further authorities. */
export const makeAuthority = async (name: string, nowMs: number, days: number): Promise<Pair> => {
  const keys = await makeKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemOf(cert, keys.privateKey);
};

/** A certificate of a process, signed by an authority: for servers and for callers alike. */
export const issueCertificate = async (authority: Pair, terms: LeafTerms, nowMs: number): Promise<Pair> => {
  const { identity, hosts, notAfterMs } = terms;
  const issuer = new x509.X509Certificate(authority.cert);
  const der = x509.PemConverter.decodeFirst(authority.key);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const keys = await makeKeys();
  const names: x509.JsonGeneralNames = hosts.map((value) => ({
    type: isIP(value) === 0 ? 'dns' : 'ip',
    value,
  }));
  if (identity !== undefined) names.push({ type: 'url', value: identityUri(identity) });
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const cert = await x509.X509CertificateGenerator.create({
    subject: `CN=${identity ?? hosts[0] ?? 'plinth'}`,
    issuer: issuer.subject,
    notBefore: new Date(nowMs - SKEW_MS),
    notAfter: new Date(Math.min(notAfterMs, issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return pemOf(cert, keys.privateKey);
};
