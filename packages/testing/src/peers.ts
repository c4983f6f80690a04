import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const SEARCH_PATH = `${process.env.PATH ?? ''}:/usr/bin:/usr/sbin:/usr/local/bin:/usr/lib/llvm-19/bin`;

function find(program: string): string | undefined {
  for (const folder of SEARCH_PATH.split(':')) {
    const candidate = path.join(folder, program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not here; look further
    }
  }
  return undefined;
}

/** Peers that are Python modules rather than programs; looked up in Debian's own interpreter. */
const pythonModules: Record<string, string> = {
  pydicom: 'pydicom',
  skimage: 'skimage',
  scipy: 'scipy',
  grpc: 'grpc',
  'google.protobuf': 'google.protobuf',
};

function isPresent(peer: string): boolean {
  const module = pythonModules[peer];
  if (module === undefined) return find(peer) !== undefined;
  return spawnSync('/usr/bin/python3', ['-c', `import ${module}`]).status === 0;
}

/**
 * A suite that needs other programs (dcmtk, dciodvfy, Orthanc, chromium, …). Where one is missing the suite is
 * skipped by name, or fails when `PHOTOPEAK_REQUIRE_PEERS=1` (as in CI).
 */
export function describeWithPeers(name: string, peers: readonly string[], suite: () => void): void {
  const missing = peers.filter((peer) => !isPresent(peer));
  if (missing.length === 0) {
    describe(name, suite);
  } else if (process.env.PHOTOPEAK_REQUIRE_PEERS === '1') {
    describe(name, () => {
      it('finds its peers', () => expect(missing, 'missing programs').toEqual([]));
    });
  } else {
    describe.skip(`${name} (skipped: missing ${missing.join(', ')})`, suite);
  }
}

/** The command of a peer: where Debian keeps it, or its name for an error that says so. */
export function peerCommand(program: string): string {
  return program === 'python3' ? '/usr/bin/python3' : (find(program) ?? program);
}

/** Runs a peer to its end and returns its status and both outputs as one text. `python3` is Debian's own. */
export function runPeer(
  program: string,
  args: readonly string[],
  options: { input?: string | Uint8Array } = {},
) {
  const result = spawnSync(peerCommand(program), args, {
    input: options.input,
    maxBuffer: 256 * 1024 * 1024,
  });
  return { status: result.status, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}
