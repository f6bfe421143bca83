import { describe, expect, it } from '@jest/globals';
import { readStack, type Service } from './stack.ts';

const CELL = ['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing', 'relay'];
const IDENTITY = {
  PLINTH_TLS_KEY: '/tls/tls.key',
  PLINTH_TLS_CERT: '/tls/tls.crt',
  PLINTH_TLS_CA: '/tls/ca.crt',
};
const TO_ENGINES = {
  ...{ PGSSLMODE: 'verify-full', NODE_EXTRA_CA_CERTS: '/tls/ca.crt', PLINTH_KAFKA_TLS_CA: '/tls/ca.crt' },
  ...{ PLINTH_KAFKA_TLS_CERT: '/tls/tls.crt', PLINTH_KAFKA_TLS_KEY: '/tls/tls.key' },
};

/** Files beside docker-compose.yml with certificates, and the engines and cells that they have. */
const STACKS = [
  { files: ['tls'], databases: ['postgres'], brokers: ['kafka'], cells: [''] },
  {
    files: ['second-cell', 'tls', 'tls.second-cell'],
    ...{ databases: ['postgres', 'south-postgres'], brokers: ['kafka'], cells: ['', 'south-'] },
  },
  {
    files: ['three-brokers', 'telemetry', 'tls', 'tls.three-brokers', 'tls.telemetry'],
    ...{ databases: ['postgres'], brokers: ['kafka', 'kafka-2', 'kafka-3'], cells: [''] },
  },
] as const;

const waitsForKeys = ({ depends_on: needs = [] }: Service): boolean => 'keys' in needs;

describe.each(STACKS.map((stack) => ({ ...stack, what: stack.files.join(', ') })))(
  'compose with $what',
  ({ files, databases, brokers, cells }) => {
    const { services, volumes } = readStack(files);
    const of = (name: string): Service => services.get(name) ?? {};
    const mounted = (name: string): readonly string[] => of(name).volumes ?? [];

    it('gives every process its certificate, and TLS to both engines', () => {
      for (const cell of cells)
        for (const name of CELL) {
          const expected = { ...IDENTITY, ...TO_ENGINES, PLINTH_PLAINTEXT: 'loopback' };
          expect([cell + name, of(cell + name).environment]).toMatchObject([cell + name, expected]);
          expect(mounted(cell + name)).toContain(`tls-${name}:/tls:ro`);
        }
      expect(of('gateway').environment).toMatchObject({ ...IDENTITY, ...TO_ENGINES });
      expect(of('migrate').environment).toMatchObject({ PGSSLMODE: 'verify-full' });
      for (const cell of cells) expect(of(`${cell}exchange`).environment).toMatchObject(IDENTITY);
    });

    it('has every database take TLS alone, by a certificate of its own', () => {
      expect(of('keys').environment).toMatchObject({ DATABASES: databases.join(' ') });
      for (const name of databases) {
        expect(of(name).command).toEqual(
          expect.arrayContaining(['-cssl=on', '-chba_file=/etc/postgresql/pg_hba.conf']),
        );
        expect(mounted(name)).toContain(`tls-${name}:/tls:ro`);
        expect(mounted('keys')).toContain(`tls-${name}:/tls/${name}`);
        expect([name, waitsForKeys(of(name))]).toEqual([name, true]);
      }
    });

    it('has every broker take TLS alone, from those with a certificate', () => {
      expect(of('keys').environment).toMatchObject({ BROKERS: brokers.join(' ') });
      for (const name of brokers) {
        expect(of(name).environment).toMatchObject({
          ...{ KAFKA_ADVERTISED_LISTENERS: `BROKER://${name}:9092`, KAFKA_SSL_CLIENT_AUTH: 'required' },
          KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:SSL,BROKER:SSL',
        });
        expect(of(name).environment?.['KAFKA_LISTENERS']).not.toContain('PLAINTEXT');
        expect(mounted(name)).toContain(`tls-${name}:/tls:ro`);
        expect(mounted('keys')).toContain(`tls-${name}:/tls/${name}`);
        expect([name, waitsForKeys(of(name))]).toEqual([name, true]);
      }
    });

    it('mounts no volume that is not declared, and hands every market over', () => {
      const used = [...services.values()].flatMap(({ volumes: all = [] }) =>
        all.map((one) => one.split(':')[0] ?? '').filter((name) => /^[a-z]/.test(name)),
      );
      expect(used.filter((name) => !volumes.has(name))).toEqual([]);
      for (const cell of cells) expect(mounted('keys')).toContain(`${cell}market:/${cell}market`);
      expect(of('keys').entrypoint?.join(' ')).toContain('/*market');
    });
  },
);

it('has the auditor believe the gateway and the database by the authority', () => {
  const { services } = readStack(['telemetry', 'tls', 'tls.telemetry']);
  expect(services.get('auditor')?.environment).toMatchObject({
    ...{ PGSSLMODE: 'verify-full', NODE_EXTRA_CA_CERTS: '/authority/ca.crt', PLINTH_CA: '/authority/ca.crt' },
  });
});
