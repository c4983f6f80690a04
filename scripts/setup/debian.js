// Programs from Debian or Ubuntu that the tests compare with: installed where that is possible.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const PEER_PACKAGES = [
  'dcmtk',
  'dicom3tools',
  'orthanc',
  'orthanc-dicomweb',
  'chromium',
  'python3-pydicom',
  'elastix',
  'plastimatch',
  'python3-skimage',
  'clang-19',
  'lld-19',
  'podman',
  'runc',
  'busybox-static',
  'protobuf-compiler',
  'python3-protobuf',
  'python3-grpcio',
];

function isInstalled(name) {
  const result = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' });
  return result.status === 0 && result.stdout.includes('Status: install ok installed');
}

function asRoot() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null;
}

/**
 * Installs what is missing and returns the names of what is still missing afterwards.
 * @returns {string[]}
 */
export function ensurePeers() {
  if (!existsSync('/usr/bin/dpkg-query')) return PEER_PACKAGES;
  let missing = PEER_PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length === 0) return [];
  const prefix = asRoot();
  if (prefix === null) return missing;
  console.error(`Installing the peers of the tests with apt-get: ${missing.join(' ')} …`);
  const run = (...command) =>
    spawnSync(command[0], command.slice(1), {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  run(...prefix, 'apt-get', 'update', '-qq');
  if (!run(...prefix, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing)) {
    // One unknown name fails the whole call (other releases lack some): try them one by one.
    for (const name of missing)
      run(...prefix, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', name);
  }
  missing = missing.filter((name) => !isInstalled(name));
  return missing;
}
