// Adds the optional packages of other platforms to package-lock.json where npm left them out: a registry mirror that
// lacks them makes npm write a lock that `npm ci` refuses. Run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../packages/photopeak/bin/node24.js';

const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
  'windows',
];
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
];

/** What the name of a platform package says: `@x/y-linux-arm64-musl` is for linux on arm64 with musl. */
function platformOf(name) {
  const parts = name.toLowerCase().split(/[/-]/);
  const system = SYSTEMS.find((one) => parts.includes(one));
  const processor =
    PROCESSORS.find((one) => parts.includes(one)) ?? (name.includes('ia32') ? 'ia32' : undefined);
  return {
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(parts.some((part) => part.startsWith('musl')) ? { libc: ['musl'] } : {}),
    ...(parts.some((part) => part === 'gnu' || part === 'gnueabihf') ? { libc: ['glibc'] } : {}),
    ...(system === undefined ? {} : { os: [system === 'windows' ? 'win32' : system] }),
  };
}

const file = path.join(repositoryRoot, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));

/** Where Node would find a dependency of the package at a location. */
function isThere(location, name) {
  for (let at = location; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
    if (!at.includes('/node_modules/')) at = '';
    if (at === '') return lock.packages[`node_modules/${name}`] !== undefined;
  }
}

let added = 0;
for (const [location, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isThere(location, name)) continue;
    const version = range.replace(/^[^0-9]*/, '');
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(entry.dev === true ? { dev: true } : {}),
      ...(entry.license === undefined ? {} : { license: entry.license }),
      optional: true,
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages of other platforms added`);
