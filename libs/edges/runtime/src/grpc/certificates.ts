import type { experimental } from '@grpc/grpc-js';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GRPC_LIMITS } from './limits.ts';

/** Files in PEM form. With `caFile`, the other side must show a certificate of that authority. */
export type TlsFiles = Readonly<{ keyFile: string; certFile: string; caFile?: string }>;

/** Between services: both sides show a certificate of the same authority. */
export type MutualTlsFiles = Required<TlsFiles>;

/** A key, a certificate or an authority that cannot be used: names the file and the remedy. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export type Certificates = Readonly<{ key: Buffer; cert: Buffer; ca: Buffer | undefined }>;

const parsed = <T>(file: string, what: string, parse: () => T): T => {
  try {
    return parse();
  } catch (error) {
    throw new CertificateError(`${file}: Expected ${what} in PEM: ${(error as Error).message}`);
  }
};

/** Reads the files and holds them against each other: a pair that belongs together and is in force. */
export const readCertificates = ({ keyFile, certFile, caFile }: TlsFiles, nowMs: number): Certificates => {
  const key = parsed(keyFile, 'a private key', () => readFileSync(keyFile));
  const cert = parsed(certFile, 'a certificate', () => readFileSync(certFile));
  const ca = caFile === undefined ? undefined : parsed(caFile, 'a certificate', () => readFileSync(caFile));
  const own = parsed(certFile, 'a certificate', () => new X509Certificate(cert));
  if (!own.checkPrivateKey(parsed(keyFile, 'a private key', () => createPrivateKey(key))))
    throw new CertificateError(`${keyFile}: Expected the private key of ${certFile}: replace both together`);
  if (own.validToDate.getTime() <= nowMs)
    throw new CertificateError(
      `${certFile}: Expected a certificate in force, ended ${own.validTo}: renew it`,
    );
  if (caFile !== undefined && ca !== undefined)
    parsed(caFile, 'a certificate', () => new X509Certificate(ca));
  return { key, cert, ca };
};

type Provider = experimental.CertificateProvider;
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];

/**
 * The certificate of this process, as its files say it: looked at again every few seconds, so that a renewed
 * one is used by every new connection and nobody is started again. Files that do not fit together, as in the
 * middle of a replacement, change nothing: what was last read whole stays in use. (The watcher of grpc-js
 * takes no connections while a file cannot be read.)
 */
export class CertificateFiles implements Provider {
  readonly #files: TlsFiles;
  readonly #onRefused: (error: Error) => void;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #current: Certificates;
  #refused = '';
  #timer: NodeJS.Timeout | undefined;

  /** Throws a `CertificateError` when there is nothing usable to begin with. */
  constructor(files: TlsFiles, onRefused: (error: Error) => void) {
    this.#files = files;
    this.#onRefused = onRefused;
    this.#current = readCertificates(files, Date.now());
  }

  /** What was last read whole. */
  get current(): Certificates {
    return this.#current;
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#watch();
    this.#caListeners.add(listener);
    process.nextTick(() => this.#tellCa(listener));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
    this.#rest();
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#watch();
    this.#identityListeners.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
    this.#rest();
  }

  #tellCa(listener: CaListener): void {
    const { ca } = this.#current;
    listener(ca === undefined ? null : { caCertificate: ca });
  }

  #tellIdentity(listener: IdentityListener): void {
    listener({ certificate: this.#current.cert, privateKey: this.#current.key });
  }

  /** From now on, beginning with what the files say now; no process is kept alive for it. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#look();
    this.#timer = setInterval(() => this.#look(), GRPC_LIMITS.certificatesEveryMs);
    this.#timer.unref();
  }

  /** A channel that is idle needs no certificate. */
  #rest(): void {
    if (this.#caListeners.size + this.#identityListeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    let found: Certificates;
    try {
      found = readCertificates(this.#files, Date.now());
    } catch (error) {
      const { message } = error as Error;
      // Once per reason, not every few seconds.
      if (message !== this.#refused) this.#onRefused(error as Error);
      this.#refused = message;
      return;
    }
    this.#refused = '';
    const before = this.#current;
    this.#current = found;
    if (!isSame(found.ca, before.ca)) for (const listener of this.#caListeners) this.#tellCa(listener);
    if (isSame(found.cert, before.cert) && isSame(found.key, before.key)) return;
    for (const listener of this.#identityListeners) this.#tellIdentity(listener);
  }
}

const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);
