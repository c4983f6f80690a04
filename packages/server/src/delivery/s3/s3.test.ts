import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testInstance } from '../../testing/instances.ts';
import type { DeliveryOutcome } from '../sender.ts';
import { createS3Sender } from './index.ts';
import { signRequest } from './sign-request.ts';

const EMPTY = createHash('sha256').digest('hex');
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};

describe('signatures', () => {
  // The examples of "Signature Calculations for the Authorization Header" in the Amazon S3 API Reference.
  const at = new Date('2013-05-24T00:00:00Z');
  it.each([
    [
      'GET',
      'https://examplebucket.s3.amazonaws.com/test.txt',
      { range: 'bytes=0-9' },
      EMPTY,
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'PUT',
      'https://examplebucket.s3.amazonaws.com/test%24file.text',
      { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      createHash('sha256').update('Welcome to Amazon S3.').digest('hex'),
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'GET',
      'https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
      {},
      EMPTY,
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('%s %s', (method, url, headers, bodySha256, signature) => {
    const signed = signRequest(
      { method, url: new URL(url), headers: headers as Record<string, string>, bodySha256, at },
      key,
    );
    expect(signed.authorization).toMatch(new RegExp(`Signature=${signature}$`));
  });
});

describe('delivery into a bucket', () => {
  let folder: string;
  let server: Server;
  let stored: Map<string, Buffer>;
  let status = 200;

  beforeEach(async () => {
    status = 200;
    stored = new Map();
    folder = await mkdtemp(path.join(os.tmpdir(), 's3-'));
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      const sha256 = createHash('sha256').update(body).digest('hex');
      const whole = sha256 === request.headers['x-amz-content-sha256'];
      const signed = /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\//.test(
        request.headers.authorization ?? '',
      );
      if (!whole || !signed)
        return void response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
      if (request.method === 'PUT' && status === 200) stored.set(request.url!, body);
      response.writeHead(status).end(status === 200 ? '' : '<Error><Code>SlowDown</Code></Error>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  const sender = () =>
    createS3Sender({
      ...key,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      bucket: 'results',
      template: '{Modality}/{SOPInstanceUID}.dcm',
    });

  async function send(): Promise<{ outcome: DeliveryOutcome; bytes: Uint8Array; sop: string }> {
    const { sop, study, bytes } = testInstance({ study: 'bucket' });
    const file = path.join(folder, 'a.dcm');
    await writeFile(file, bytes);
    const item = {
      file,
      sopInstanceUid: sop,
      studyInstanceUid: study,
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
    };
    const outcomes: DeliveryOutcome[] = [];
    for await (const outcome of sender().send([item])) outcomes.push(outcome);
    return { outcome: outcomes[0]!, bytes, sop };
  }

  it('puts each object under its key, whole and signed', async () => {
    await sender().check();
    const { outcome, bytes, sop } = await send();
    expect(outcome).toMatchObject({ result: 'accepted' });
    expect(stored.get(`/results/CT/${sop}.dcm`)!.equals(bytes)).toBe(true);
  });

  it('tries later what the bucket cannot take now', async () => {
    status = 503;
    expect((await send()).outcome).toMatchObject({
      result: 'refused',
      isTransient: true,
      text: 'HTTP 503 SlowDown',
    });
  });
});
