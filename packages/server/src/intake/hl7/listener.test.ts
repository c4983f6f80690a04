import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfiguration } from '../../config/index.ts';
import { createMllpClient, type MllpServer, parseMessage } from '../../hl7/index.ts';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { startHl7Intake } from './listener.ts';

const message = (application: string) =>
  Buffer.from(
    `MSH|^~\\&|${application}|HOSP|||20261123||ADT^A08|${application}|P|2.5.1\rPID|||1^^^HOSP||Curie^Marie\r`,
  );

describeWithPeers('the HL7 listener with TLS and named senders', ['openssl'], () => {
  let folder: string;
  let database: TestDatabase;
  let server: MllpServer;
  const problems: string[] = [];
  const file = (name: string) => path.join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'photopeak-hl7-tls-'));
    for (const name of ['server', 'client']) {
      const made = runPeer('openssl', [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
        ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
      ]);
      expect(made.status, made.output).toBe(0);
    }
    database = await startTestDatabase();
    server = await startHl7Intake({
      db: database.db,
      configuration: parseConfiguration(`
hl7:
  enabled: true
  port: 0
  maximumConnectionsPerAddress: 2
  tls: { certificate: '${file('server.pem')}', key: '${file('server.key')}', authorities: '${file('client.pem')}' }
  senders: [{ application: RIS, facility: HOSP, address: 127.0.0.1 }]
`),
      onFailure: (error) => problems.push(String(error)),
      onProblem: (error) => problems.push(error.message),
    });
  });
  afterAll(async () => {
    await server?.close();
    await database?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const client = async (withCertificate: boolean) =>
    createMllpClient({
      host: '127.0.0.1',
      port: server.port,
      timeoutMs: 10_000,
      tls: {
        servername: 'localhost',
        ca: await readFile(file('server.pem')),
        ...(withCertificate
          ? { cert: await readFile(file('client.pem')), key: await readFile(file('client.key')) }
          : {}),
      },
    });
  const codeOf = (bytes: Uint8Array) => parseMessage(Buffer.from(bytes).toString()).segments[1]!.text(1);

  it('takes messages of a known sender with a certificate', async () => {
    const known = await client(true);
    expect(codeOf(await known.exchange(message('RIS'), () => true))).toBe('AA');
    expect(codeOf(await known.exchange(message('OTHER'), () => true))).toBe('AR');
    known.close();
    const rows = await database.db.selectFrom('hl7_message').select('sender_application').execute();
    expect(rows).toEqual([{ sender_application: 'RIS' }]);
  });

  it('lets nobody in without a certificate', async () => {
    const unknown = await client(false);
    await expect(unknown.exchange(message('RIS'), () => true)).rejects.toMatchObject({
      code: expect.stringMatching(/^MLLP_/),
    });
    unknown.close();
  });

  it('closes what an address opens beyond its connections', async () => {
    const open = [1, 2, 3].map(() => createConnection(server.port, '127.0.0.1'));
    await once(open[2]!, 'close');
    expect(open.map((socket) => socket.destroyed)).toEqual([false, false, true]);
    expect(problems).toContainEqual(expect.stringMatching(/more than 2 connections/));
    for (const socket of open) socket.destroy();
  });

  it('is not configured beyond loopback without named senders', () => {
    expect(() => parseConfiguration('hl7: { enabled: true, host: 0.0.0.0 }')).toThrow(/hl7\.senders/);
  });
});
