import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { startTelemetry, type Telemetry } from '@plinth/runtime';
import { freePort } from '../cluster/parts.ts';
import { callSigner } from '../client/sign-call.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const GET_ACCOUNT = '/plinth.gateway.v1.Accounts/GetAccount';

let telemetry: Telemetry;
let on: Started;
let page: string;

beforeAll(async () => {
  const metricsPort = await freePort();
  page = `http://127.0.0.1:${metricsPort}/metrics`;
  telemetry = await startTelemetry('plinth', { metricsPort });
  on = await startGateway();
});

afterAll(async () => {
  await on.stop();
  await telemetry.stop();
  metrics.disable();
});

it('calls over HTTP are counted by protocol and code', async () => {
  const sign = callSigner(on.issue('alpha'), on.clock.now);
  on.cell.accounts.set('a1', 'alpha');
  const url = `http://127.0.0.1:${on.server.port}${GET_ACCOUNT}`;
  const ask = async (accountId: string, contentType = 'application/json'): Promise<number> => {
    const body = JSON.stringify({ accountId });
    const headers = sign({
      method: GET_ACCOUNT,
      form: 'json',
      body: Buffer.from(body),
      requestId: '',
      cell: '',
    });
    const named = { ...Object.fromEntries(headers), 'content-type': contentType };
    return (await fetch(url, { method: 'POST', headers: named, body })).status;
  };
  expect([await ask('a1'), await ask('a1'), await ask('nobody'), await ask('a1', 'text/plain')]).toEqual([
    ...[200, 200, 404, 415],
  ]);
  const lines = (await (await fetch(page)).text()).split('\n');
  const counted = lines.filter((line) => line.startsWith('plinth_gateway_http_requests_total{')).sort();
  expect(counted).toEqual([
    'plinth_gateway_http_requests_total{protocol="json",code="NOT_FOUND"} 1',
    'plinth_gateway_http_requests_total{protocol="json",code="OK"} 2',
    'plinth_gateway_http_requests_total{protocol="none",code="INVALID_ARGUMENT"} 1',
  ]);
});
