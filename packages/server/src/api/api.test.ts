import { mkdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccount, type RunningNode } from '../index.ts';
import { testStudy } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder } from '../testing/node.ts';
import { takeIn } from '../testing/take-in.ts';
import {
  AuditPage,
  Deliveries,
  StudyDetail,
  SystemInfo,
  VolumeGeometry,
  VolumeList,
  Worklist,
} from './contract.ts';

describe('the API', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  const study = testStudy('api', 4);
  const uid = study[0]!.study;

  beforeAll(async () => {
    folder = await temporaryFolder('api');
    await mkdir(path.join(folder.path, 'data'));
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `

http: { port: 0, anonymousRequestsPerMinute: 40, maximumConnectionsPerAddress: 60 }
security:
  signInAttemptsPerMinute: 12
  tokens: [{ name: robot, token: a-long-token-for-the-robot, roles: [technologist] }]
routes:
  - { name: count, when: { modalities: [CT, PT] }, run: { pipeline: counting } }`,
    );
    await takeIn(node.context.sink, study);
  });
  afterAll(async () => {
    await node?.close();
    await folder?.remove();
  });

  interface Person {
    cookie: string;
    call(method: string, at: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  }

  function person(): Person {
    const self: Person = {
      cookie: '',
      async call(method, at, body, headers = {}) {
        const response = await fetch(`${node.url}${at}`, {
          method,
          headers: {
            Origin: node.url,
            ...(self.cookie === '' ? {} : { Cookie: self.cookie }),
            ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const cookie = response.headers.getSetCookie()[0];
        if (cookie !== undefined) self.cookie = cookie.split(';')[0]!;
        return response;
      },
    };
    return self;
  }

  async function signedIn(
    username: string,
    roles: ('reader' | 'technologist' | 'administrator')[],
  ): Promise<Person> {
    const { token } = await createAccount(
      node.context.db,
      { username, name: `Ann ${username}`, roles },
      'test',
    );
    const somebody = person();
    expect((await somebody.call('POST', '/api/session', { token })).status).toBe(200);
    return somebody;
  }

  it('lets the administrator in by the one-time link, once, and asks for a password', async () => {
    const admin = person();
    const first = await admin.call('POST', '/api/session', { token: node.signInToken });
    expect(await first.json()).toMatchObject({ mustSetPassword: true, user: { name: 'Administrator' } });
    expect(first.headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await admin.call('PUT', '/api/session/password', { next: 'too short' })).status).toBe(400);
    expect((await admin.call('PUT', '/api/session/password', { next: 'correct horse battery' })).status).toBe(
      204,
    );
    expect((await person().call('POST', '/api/session', { token: node.signInToken })).status).toBe(401);
    const again = person();
    const answer = await again.call('POST', '/api/session', {
      username: 'admin',
      password: 'correct horse battery',
    });
    expect(await answer.json()).toMatchObject({ mustSetPassword: false });
    expect((await again.call('DELETE', '/api/session')).status).toBe(204);
    expect((await admin.call('GET', '/api/session')).status).toBe(200);
  });

  it('tells nothing to strangers and takes no write from another site', async () => {
    for (const at of ['/api/worklist', `/api/studies/${uid}`, '/api/audit', '/metrics', '/api/events']) {
      expect((await person().call('GET', at)).status).toBe(401);
    }
    const reader = await signedIn('origin', ['reader']);
    const headers = { Origin: 'http://evil.example' };
    expect((await reader.call('DELETE', '/api/session', undefined, headers)).status).toBe(403);
    expect((await person().call('POST', '/api/session', { token: 'x'.repeat(20) }, headers)).status).toBe(
      403,
    );
    expect((await reader.call('GET', '/api/session')).status).toBe(200);
  });

  it('shows the work list, the study and its run as the contract says', async () => {
    const robot = { Authorization: 'Bearer a-long-token-for-the-robot' };
    const get = async (at: string) => (await person().call('GET', at, undefined, robot)).json();
    const entry = await eventually(async () => {
      const { entries } = Worklist.parse(await get('/api/worklist'));
      return entries.find((candidate) => candidate.studyInstanceUid === uid && candidate.state === 'draft');
    });
    expect(entry).toMatchObject({
      patientName: 'Curie^Marie',
      modalities: ['CT', 'OT', 'PT'],
      instanceCount: 9,
      registration: null,
      progress: null,
    });
    const detail = StudyDetail.parse(await get(`/api/studies/${uid}`));
    expect(detail.patient).toEqual({ weightKg: 71, sizeM: null, sex: 'F' });
    expect(detail.runs[0]).toMatchObject({
      state: 'packaged',
      pipeline: { name: 'counting' },
      undecided: [],
    });
    const [capture, summary] = detail.runs[0]!.results;
    expect(await get(summary!.href)).toEqual({ counts: { CT: 4, PT: 4 } });
    expect(capture!.kind).toBe('dicom');
    expect(Deliveries.parse(await get('/api/deliveries')).entries).toEqual([]);
    expect((await person().call('GET', '/api/audit', undefined, robot)).status).toBe(403);
    expect(SystemInfo.parse(await get('/api/system'))).toMatchObject({ healthy: true });
  });

  it('serves volumes with geometry, ranges and validators; PET without a factor says why', async () => {
    const reader = await signedIn('viewer', ['reader']);
    const { volumes } = VolumeList.parse(
      await (await reader.call('GET', `/api/studies/${uid}/volumes`)).json(),
    );
    expect(volumes.map((volume) => volume.modality)).toEqual(['CT', 'PT']);
    const geometry = async (index: number) =>
      VolumeGeometry.parse(await (await reader.call('GET', volumes[index]!.geometryHref)).json());
    const ct = await geometry(0);
    expect(ct).toMatchObject({
      size: [16, 16, 4],
      spacingMm: [2, 2, 3],
      origin: [0, 0, 3],
      type: 'int16',
      byteLength: 2048,
      range: [-1024, -1024],
      suv: null,
      preview: null,
    });
    const whole = await reader.call('GET', ct.voxelsHref);
    const voxels = new Int16Array(await whole.arrayBuffer());
    expect(voxels).toHaveLength(1024);
    expect(voxels[5]).toBe(-1024);
    const etag = whole.headers.get('etag')!;
    expect((await reader.call('GET', ct.voxelsHref, undefined, { 'If-None-Match': etag })).status).toBe(304);
    const part = await reader.call('GET', ct.voxelsHref, undefined, { Range: 'bytes=10-19' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/2048']);
    expect((await part.arrayBuffer()).byteLength).toBe(10);
    expect((await reader.call('GET', ct.voxelsHref, undefined, { Range: 'bytes=9999-' })).status).toBe(416);
    expect((await geometry(1)).suv).toMatchObject({ status: 'refused', code: 'SUV_NOT_COMPUTED' });
    expect((await reader.call('GET', `/api/volumes/${uid}/1.2.3/geometry`)).status).toBe(404);
  });

  it('streams what happens to whoever listens', async () => {
    const reader = await signedIn('listener', ['reader']);
    const response = await reader.call('GET', '/api/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await takeIn(node.context.sink, testStudy('events', 1));
    const kinds = new Set<string>();
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (const [, kind] of text.matchAll(/^event: (\w+)$/gm)) kinds.add(kind!);
      if (kinds.has('study') && kinds.has('step') && /"state":"packaged"/.test(text)) break;
    }
    expect(text).not.toContain('Curie');
    expect([...kinds].sort()).toEqual(['run', 'step', 'study']);
  });

  it('shows the audit to those who may see it, and its verification', async () => {
    const admin = await signedIn('boss', ['administrator']);
    const page = AuditPage.parse(await (await admin.call('GET', '/api/audit?limit=5')).json());
    expect(page.entries).toHaveLength(5);
    expect(await (await admin.call('GET', '/api/audit/verify')).json()).toMatchObject({ ok: true });
    expect((await admin.call('GET', '/metrics')).headers.get('content-type')).toContain('text/plain');
    const created = await admin.call('POST', '/api/accounts', {
      username: 'new',
      name: 'New',
      roles: ['reader'],
    });
    expect(await created.json()).toMatchObject({ link: expect.stringContaining('/#token=') });
  });

  it('answers health probes without a session', async () => {
    expect((await person().call('GET', '/healthz')).status).toBe(200);
    expect((await person().call('GET', '/readyz')).status).toBe(200);
    expect((await person().call('GET', '/nothing')).status).toBe(404);
  });

  it('limits attempts to guess a password', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 20; attempt++) {
      statuses.push(
        (await person().call('POST', '/api/session', { username: 'guess', password: 'x' })).status,
      );
    }
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(12);
  });

  it('bounds the requests of an address that nobody is signed in for, and no others', async () => {
    const ask = (authorization?: string) =>
      fetch(`${node.url}/api/worklist`, authorization === undefined ? {} : { headers: { authorization } });
    const statuses: number[] = [];
    for (let count = 0; count < 41; count++) statuses.push((await ask()).status);
    expect(statuses).toContain(429);
    const guess = await ask('Bearer a-guessed-token-of-some-length');
    expect(guess.status).toBe(429);
    expect(await guess.json()).toMatchObject({ error: { code: 'HTTP_TOO_MANY' } });
    expect((await ask('Bearer a-long-token-for-the-robot')).status).toBe(200);
    expect((await person().call('GET', '/healthz')).status).toBe(200);
  });

  it('bounds the connections of an address', async () => {
    const { port } = new URL(node.url);
    const sockets = Array.from({ length: 80 }, () => createConnection(Number(port), '127.0.0.1'));
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.on('error', () => undefined);
    await Promise.all(closed.slice(60));
    expect(sockets.filter((socket) => !socket.destroyed).length).toBeGreaterThan(20);
    for (const socket of sockets) socket.destroy();
  });
});
