import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningNode } from '../node/index.ts';
import { testInstance } from '../testing/instances.ts';
import { eventually, startTestNode, temporaryFolder, writeInstances } from '../testing/node.ts';

const TOKEN = 'a-long-token-for-the-sender';
const SPACE = `photopeak-${process.pid}`;
const [OURS, THEIRS] = [`pp${process.pid}a`, `pp${process.pid}b`];
const ip = (...args: string[]) => spawnSync('ip', args).status === 0;
/** Slow enough that there is a middle of a transfer: 32 MB take a minute. */
const RATE = ['tbf', 'rate', '4mbit', 'burst', '64kb', 'latency', '400ms'];

const mayCut = ip('netns', 'add', SPACE);
const title = 'the network between a scanner and the node is cut';
describe.skipIf(!mayCut)(mayCut ? title : `${title} (skipped: needs the right to make a namespace)`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: RunningNode;
  let file: string;
  let sender: ChildProcess | undefined;

  beforeAll(async () => {
    expect(ip('link', 'add', OURS, 'type', 'veth', 'peer', 'name', THEIRS, 'netns', SPACE)).toBe(true);
    ip('addr', 'add', '10.213.7.1/24', 'dev', OURS);
    ip('link', 'set', OURS, 'up');
    ip('-n', SPACE, 'addr', 'add', '10.213.7.2/24', 'dev', THEIRS);
    ip('-n', SPACE, 'link', 'set', THEIRS, 'up');
    spawnSync('ip', ['netns', 'exec', SPACE, 'tc', 'qdisc', 'add', 'dev', THEIRS, 'root', ...RATE]);
    folder = await temporaryFolder('cut');
    node = await startTestNode(
      path.join(folder.path, 'data'),
      `
sources: [{ kind: dimse, name: scanner, aeTitle: SCANNER }]
security:
  secret: a-secret-that-is-long-enough-for-this
  tokens: [{ name: sender, token: ${TOKEN}, roles: [technologist] }]`,
      { dicom: '10.213.7.1', http: '10.213.7.1' },
    );
    await mkdir(path.join(folder.path, 'sent'));
    const large = testInstance({ study: 'cut', size: 4000 });
    [file] = (await writeInstances(path.join(folder.path, 'sent'), [large])) as [string];
    const head = '--b\r\nContent-Type: application/dicom\r\n\r\n';
    const body = Buffer.concat([Buffer.from(head), large.bytes, Buffer.from('\r\n--b--\r\n')]);
    await writeFile(path.join(folder.path, 'body'), body);
  });
  afterAll(async () => {
    sender?.kill('SIGKILL');
    await node?.close();
    ip('link', 'del', OURS);
    ip('netns', 'del', SPACE);
    await folder?.remove();
  });

  const incoming = () => readdir(path.join(folder.path, 'data/archive/incoming'));
  const stored = () => node.context.db.selectFrom('instance').select('sha256').execute();

  async function cutWhile(command: readonly string[]): Promise<void> {
    sender = spawn('ip', ['netns', 'exec', SPACE, ...command], { stdio: 'ignore' });
    await eventually(async () => (await incoming()).length > 0);
    ip('link', 'set', OURS, 'down');
    const ended = once(sender, 'exit');
    sender.kill('SIGKILL');
    await ended;
    // No byte and no end of the connection reaches the node: it has to notice by itself.
    await eventually(async () => (await incoming()).length === 0);
    expect(await stored()).toEqual([]);
    ip('link', 'set', OURS, 'up');
  }

  it('during C-STORE and during STOW: no partial file stays, and a repetition is taken', async () => {
    const { port } = node.dicom!;
    const storescu = ['storescu', '-aec', 'PHOTOPEAK', '-aet', 'SCANNER', '10.213.7.1', String(port), file];
    await cutWhile(storescu);
    const stow = [
      ...['curl', '-s', '-X', 'POST', '--data-binary', `@${path.join(folder.path, 'body')}`],
      ...['-H', `Authorization: Bearer ${TOKEN}`],
      ...['-H', 'Content-Type: multipart/related; type="application/dicom"; boundary=b'],
      `${node.url}/dicom-web/studies`,
    ];
    await cutWhile(stow);
    spawnSync('ip', ['netns', 'exec', SPACE, 'tc', 'qdisc', 'del', 'dev', THEIRS, 'root']);
    const again = spawn('ip', ['netns', 'exec', SPACE, ...storescu], { stdio: 'ignore' });
    expect(await once(again, 'exit')).toEqual([0, null]);
    expect(await stored()).toHaveLength(1);
  }, 400_000);
});
