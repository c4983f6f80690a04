import { createHmac } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Alerts, SystemInfo, Worklist } from '../../api/contract.ts';
import type { RunningNode } from '../../index.ts';
import { testStudy } from '../../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../../testing/node.ts';

const SECRET = 'a secret that both sides know';
const TOKEN = 'a-long-token-for-the-boss';

describe('alerts', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let receiver: Server;
  let node: RunningNode;
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  /** What the receiver answers next, then 200. */
  let answer = 500;

  beforeAll(async () => {
    folder = await temporaryFolder('alerts');
    receiver = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ headers: request.headers, body });
      response.writeHead(answer).end();
      answer = 200;
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
security: { tokens: [{ name: boss, token: ${TOKEN}, roles: [administrator] }] }
workflow: { workers: 0 }
delivery: { firstPauseSeconds: 0.2, longestPauseSeconds: 1, attempts: 2 }
alerts:
  everySeconds: 0.2
  webhooks:
    - { name: duty, url: 'http://127.0.0.1:${port}/hook', secret: ${SECRET} }
    - { name: other, url: 'http://127.0.0.1:${port}/hook', secret: ${SECRET}, kinds: [archive] }
destinations: [{ kind: folder, name: share, path: ${folder.path}/share }]
routes: [{ name: copy, deliver: [{ to: share, send: originals }] }]`,
    );
  });
  afterAll(async () => {
    await node?.close();
    receiver?.close();
    await folder?.remove();
  });

  async function call<T>(method: string, at: string): Promise<T> {
    const response = await fetch(`${node.url}/api/${at}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(response.ok, `${at} ${response.status}`).toBe(true);
    return (await response.json()) as T;
  }
  const health = async () =>
    (await call<SystemInfo>('GET', 'system')).checks.find(({ name }) => name === 'alerts');

  it('tell a receiver once of what is wrong, signed, however often it is tried', async () => {
    expect(await health()).toEqual({ name: 'alerts', ok: true, detail: 'none open' });
    const [instance] = testStudy('alerts', 1);
    const session = node.context.sink.open({ kind: 'folder', folder: 'test' });
    const file = await session.begin();
    await file.write([instance!.bytes]);
    await file.commit();
    await session.close('complete');
    await eventually(async () => received.length >= 2);
    const [first, second] = received;
    expect(second!.body).toBe(first!.body);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = second!.headers;
    expect(first!.headers['webhook-id']).toBe(id);
    const hmac = createHmac('sha256', SECRET).update(`${id}.${at}.${second!.body}`).digest('base64');
    expect(signature).toBe(`v1,${hmac}`);
    expect(JSON.parse(second!.body)).toMatchObject({
      type: 'alert.raised',
      data: {
        kind: 'delivery-failed',
        subject: 'share',
        text: '1 instance not delivered to share',
      },
    });
    // Neither name nor number of the patient.
    expect(second!.body).not.toMatch(/Curie|P1/);
    expect((await call<Worklist>('GET', 'worklist')).entries[0]!.differences).toEqual([
      '1 instance not delivered to share',
    ]);
  });

  it('make the node unwell until a person acknowledges them', async () => {
    expect(await health()).toEqual({ name: 'alerts', ok: false, detail: '1 delivery-failed' });
    const { alerts } = await call<Alerts>('GET', 'alerts');
    expect(alerts).toMatchObject([
      {
        kind: 'delivery-failed',
        resolvedAt: null,
        acknowledgedAt: null,
        notices: [{ webhook: 'duty', event: 'raised', state: 'acknowledged', lastError: null }],
      },
    ]);
    const metrics = await metricsOf();
    expect(metrics).toContain('photopeak_alerts{kind="delivery-failed"} 1');
    await call('POST', `alerts/${alerts[0]!.id}/acknowledge`);
    expect((await health())?.ok).toBe(true);
  });

  it('end with their cause, and the receiver is told', async () => {
    await mkdir(path.join(folder.path, 'share'));
    await call('POST', 'deliveries/share/retry');
    await eventually(async () => received.length >= 3);
    expect(JSON.parse(received[2]!.body)).toMatchObject({ type: 'alert.resolved' });
    const { alerts } = await call<Alerts>('GET', 'alerts');
    expect(alerts).toMatchObject([{ resolvedAt: expect.any(String) }]);
    expect(received).toHaveLength(3);
  });

  it('are raised for damaged files of the archive until somebody had them', async () => {
    const { db } = node.context;
    const problem = {
      sha256: 'f'.repeat(64),
      code: 'ARCHIVE_DAMAGED',
      store: 'archive',
      detail: 'test',
    } as const;
    await db
      .insertInto('archive_problem')
      .values({ ...problem, ended_at: null, last_error: null })
      .execute();
    const open = async () =>
      (await call<Alerts>('GET', 'alerts')).alerts.find(({ kind }) => kind === 'archive-problem');
    const alert = await eventually(open);
    expect(alert.text).toBe('1 file of the archive with ARCHIVE_DAMAGED, not repaired yet');
    await db.updateTable('archive_problem').set({ state: 'repaired' }).execute();
    await eventually(async () => (await open())?.resolvedAt);
  });

  it('have rules for Prometheus over metrics that the node has', async () => {
    const file = new URL('../../../../../deploy/prometheus/photopeak.rules.yaml', import.meta.url);
    const { groups } = parse(await readFile(file, 'utf8')) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    const metrics = await metricsOf();
    for (const { alert, expr } of groups.flatMap(({ rules }) => rules)) {
      const [, name, label] = /^(\w+)(\{\w+="[\w-]+"\})? (?:>|==) \d+$/.exec(expr) ?? [];
      expect(name, alert).toBeDefined();
      if (name === 'up') continue;
      // A gauge with destinations has a line for each that is owed something, and its type always.
      expect(metrics, alert).toContain(label === undefined ? `# TYPE ${name} gauge` : `${name}${label} `);
    }
  });

  async function metricsOf(): Promise<string> {
    const response = await fetch(`${node.url}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    return response.text();
  }
});
