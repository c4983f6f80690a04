import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createVolume, type Grid } from '@photopeak/imaging';
import { describeWithPeers, peerCommand } from '@photopeak/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../open-model.ts';
import { openPackage } from '../package/open.ts';
import { manifestText } from '../testing/index.ts';
import { containerCommand } from './container.ts';

const run = promisify(execFile);
const grid: Grid = {
  size: [4, 3, 2],
  spacingMm: [1, 1, 2],
  origin: [5, 6, 7],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};
const image = createVolume(
  grid,
  Float32Array.from({ length: 24 }, (_, n) => 10 * n),
  "[hnsf'U]",
);
const NO_SUCH = `registry.example/absent@sha256:${'a'.repeat(64)}`;

/** Doubles every voxel by the slope in the header of NIfTI (bytes 112 to 115); the number 2.0 lies in the package. */
const DOUBLE =
  'zcat $1 > /tmp/x && dd if=$3/two of=/tmp/x bs=1 seek=112 conv=notrunc 2>/dev/null && gzip -c /tmp/x > $2';

/** Tells as numbers what the container may and what it gets. */
const TELL = `able() { touch $1/x 2>/dev/null && echo 1 || echo 0; }
cat > /output/output.json <<END
{ "uid": $(id -u), "interfaces": $(ls /sys/class/net | wc -l), "capabilities": $(grep -c 'Cap.*[1-9a-f]$' /proc/self/status),
  "privileges": $(grep -c 'NoNewPrivs:.0' /proc/self/status), "root": $(able /), "input": $(able /input), "model": $(able /model),
  "output": $(able /output), "tmp": $(able /tmp), "secret": \${#SITE_TOKEN}, "weights": \${#SITE_WEIGHTS} }
END`;
const TOLD = {
  uid: process.getuid?.() === 0 ? 65_534 : process.getuid?.(),
  interfaces: 1,
  capabilities: 0,
  privileges: 0,
  root: 0,
  input: 0,
  model: 0,
  output: 1,
  tmp: 1,
  secret: 0,
  weights: 8,
};

describeWithPeers('a container as a model (podman)', ['podman', 'runc', 'busybox'], () => {
  let folder = '';
  let engine = '';
  let built = '';
  /** What a machine says that has the engine, and may not start a container: not ours to mend. */
  let refused: string | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-container-'));
    engine = await engineIn(folder);
    built = await buildImage(engine, folder);
    const trial = run(engine, ['run', '--rm', '--network', 'none', built, 'sh', '-c', ':']);
    refused = await trial.then(() => undefined, String);
    if (refused !== undefined) console.warn(`no container can be started on this machine: ${refused}`);
  });
  beforeEach(({ skip }) => {
    skip(refused !== undefined, refused);
  });
  afterAll(async () => {
    await run(engine, ['system', 'reset', '--force']).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });

  async function modelOf(
    script: string,
    parts: {
      readonly from?: string;
      readonly output?: string;
      readonly more?: string;
      readonly program?: string;
    } = {},
  ) {
    const home = await mkdtemp(path.join(folder, 'package-'));
    const command = [parts.program ?? 'sh', '-c', script, 'sh', '{input}', '{output}', '{model}'];
    const runtime = `  kind: container\n  image: "${parts.from ?? built}"\n  command: ${JSON.stringify(command)}`;
    await writeFile(path.join(home, 'two'), new Uint8Array(Float32Array.of(2).buffer));
    await writeFile(path.join(home, 'model.yaml'), manifestText({ runtime, ...parts }));
    await chmod(home, 0o755);
    return openModel(await openPackage(home), { containerEngine: engine, environment: ['SITE_WEIGHTS'] });
  }

  it('gets the image and the files of its package, and gives one', async () => {
    await using model = await modelOf(DOUBLE);
    expect(model.provider).toBe(`container ${built}`);
    const [result] = await model.infer({ image });
    if (result?.kind !== 'image') throw new Error(result?.kind);
    expect([...result.volume.data]).toEqual([...image.data].map((x) => 2 * x));
    expect(result.volume).toMatchObject({ ...grid, unit: image.unit });
  });

  it('has no network, no root, no capability, nothing to write but its output, nothing of our environment', async () => {
    process.env.SITE_TOKEN = 'secret';
    process.env.SITE_WEIGHTS = '/weights';
    const names = Object.keys(TOLD);
    const output = `  - { kind: scalar, values: [${names.map((name) => `{ name: ${name} }`)}] }`;
    await using model = await modelOf(TELL, { output });
    const [result] = await model.infer({ image });
    if (result?.kind !== 'scalar') throw new Error(result?.kind);
    expect(Object.fromEntries(names.map((name, n) => [name, result.values[n]]))).toEqual(TOLD);
  });

  it('is ended by the kernel above its memory', async () => {
    const more = 'hardware: { memoryMb: 48 }';
    await using model = await modelOf('dd if=/dev/zero of=/dev/null bs=100M count=1', { more });
    await expect(model.infer({ image })).rejects.toMatchObject({ code: 'MODEL_MEMORY' });
  });

  it('is gone when it took too long', async () => {
    await using model = await modelOf('sleep 60', { more: 'timeoutSeconds: 1' });
    await expect(model.infer({ image })).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });
    // podman removes what it ended on its own time.
    const left = async () => (await run(engine, ['ps', '--all', '--quiet'])).stdout;
    await expect.poll(left, { timeout: 10_000 }).toBe('');
  });

  it('that cannot be started says why', async () => {
    const cases = [
      { given: { from: NO_SUCH }, remedy: `as the user of the node: podman-here pull ${NO_SUCH}` },
      { given: { program: 'no-such-program' }, remedy: /runtime.command/ },
    ];
    for (const { given, remedy } of cases) {
      await using model = await modelOf(DOUBLE, given);
      await expect(model.infer({ image })).rejects.toMatchObject({
        code: 'MODEL_NOT_LOADED',
        remedy: typeof remedy === 'string' ? remedy : expect.stringMatching(remedy),
      });
    }
  });

  it('that fails is told by its own words', async () => {
    await using model = await modelOf('echo no weights >&2; exit 3');
    await expect(model.infer({ image })).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      found: 'exit code 3; no weights',
    });
  });
});

/**
 * An engine with a store of its own, which nothing that runs on this machine knows. The limits are given because podman
 * would raise them, and that takes a capability (CAP_SYS_RESOURCE) that root does not have inside some sandboxes.
 */
async function engineIn(folder: string): Promise<string> {
  const configuration = path.join(folder, 'containers.conf');
  await writeFile(
    configuration,
    `[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
`,
  );
  const engine = path.join(folder, 'podman-here');
  const places = `--root '${folder}/store' --runroot '${folder}/run' --storage-driver vfs`;
  await writeFile(
    engine,
    `#!/bin/sh\nCONTAINERS_CONF='${configuration}' exec '${peerCommand('podman')}' ${places} "$@"\n`,
  );
  await chmod(engine, 0o755);
  return engine;
}

/** An image with a shell and nothing else, named by its digest. */
async function buildImage(engine: string, folder: string): Promise<string> {
  const bin = path.join(folder, 'image/bin');
  await mkdir(bin, { recursive: true });
  await cp(peerCommand('busybox'), path.join(bin, 'busybox'));
  for (const name of ['sh', 'cat', 'zcat', 'gzip', 'dd', 'id', 'ls', 'wc', 'grep', 'touch', 'sleep'])
    await symlink('busybox', path.join(bin, name));
  const archive = path.join(folder, 'image.tar');
  await run('tar', ['-C', path.join(folder, 'image'), '-cf', archive, '.']);
  await run(engine, ['import', '--quiet', archive, 'localhost/tool:1']);
  const { stdout } = await run(engine, ['image', 'inspect', '--format', '{{.Digest}}', 'localhost/tool:1']);
  return `localhost/tool@${stdout.trim()}`;
}

describe('the arguments of a container', () => {
  const plan = {
    image: NO_SUCH,
    args: ['predict'],
    name: 'one',
    memoryMb: 512,
    gpu: '1',
    environment: [],
    mounts: [{ from: '/a', to: '/input', writable: false }],
  };
  it('give it the one device that was given to the step, in the words of each engine', () => {
    expect(containerCommand({ ...plan, engine: 'docker' }).join(' ')).toContain('--gpus device=1');
    expect(containerCommand({ ...plan, engine: '/usr/bin/podman' }).join(' ')).toContain(
      '--device nvidia.com/gpu=1',
    );
  });

  it('name it by digest, never by a tag that may change', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'photopeak-package-'));
    const runtime = '  kind: container\n  image: "denoise:latest"';
    await writeFile(path.join(home, 'model.yaml'), manifestText({ runtime }));
    await expect(openPackage(home)).rejects.toMatchObject({ code: 'MODEL_MANIFEST_INVALID' });
    await rm(home, { recursive: true });
  });
});
