import { readFileSync, writeFileSync } from 'node:fs';
import { asyncApi } from './asyncapi.ts';

const ROOT = new URL('../../../../../../', import.meta.url);

const protoFile = (path: string): string => readFileSync(new URL(`proto/${path}`, ROOT), 'utf8');

writeFileSync(new URL('docs/asyncapi.json', ROOT), `${JSON.stringify(asyncApi(protoFile), null, 2)}\n`);
