import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const MODULES = path.join(PACKAGE, '..', '..', 'node_modules');

function run(command: string, args: readonly string[], cwd: string) {
  return new Promise<{ readonly code: number | null; readonly output: string }>((resolve, reject) => {
    const child = spawn(command, args, { cwd });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('the package, packed and installed in an empty folder', () => {
  let scratch: string;
  let installed: string;

  beforeAll(async () => {
    scratch = await mkdtemp(path.join(os.tmpdir(), 'dimse-package-'));
    const dist = path.join(scratch, 'dist');
    const built = await run(process.execPath, [path.join(PACKAGE, 'scripts', 'build.js'), dist], scratch);
    expect(built).toEqual({ code: 0, output: '' });
    const packed = await run('npm', ['pack', '--silent', dist], scratch);
    expect(packed.code).toBe(0);
    installed = path.join(scratch, 'consumer', 'node_modules', '@photopeak', 'dimse');
    await mkdir(installed, { recursive: true });
    const archive = path.join(scratch, 'photopeak-dimse-0.1.0.tgz');
    // What npm does with it, without asking a registry.
    const unpacked = await run('tar', ['-xzf', archive, '--strip-components=1', '-C', installed], scratch);
    expect(unpacked.code).toBe(0);
    await writeFile(path.join(scratch, 'consumer', 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('needs nothing else and can be published', async () => {
    const description = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
    expect(description).toMatchObject({ name: '@photopeak/dimse', license: 'Apache-2.0', type: 'module' });
    for (const key of ['private', 'dependencies', 'devDependencies', 'scripts']) {
      expect(description).not.toHaveProperty(key);
    }
    expect(await readFile(path.join(installed, 'LICENSE'), 'utf8')).toMatch(/Apache License/);
  });

  it('runs the example of its README', async () => {
    const readme = await readFile(path.join(installed, 'README.md'), 'utf8');
    const example = /```js\n([\s\S]*?)```/.exec(readme)![1]!;
    await writeFile(path.join(scratch, 'consumer', 'example.js'), example);
    const result = await run(process.execPath, ['example.js'], path.join(scratch, 'consumer'));
    expect(result).toEqual({ code: 0, output: 'echo 0\nfound Doe^Jane\n' });
  });

  it('has types that a consumer can rely on', async () => {
    const consumer = path.join(scratch, 'consumer');
    await symlink(path.join(MODULES, '@types'), path.join(consumer, 'node_modules', '@types'));
    const source = [
      "import { associate, find, type Match, STUDY_ROOT } from '@photopeak/dimse';",
      "const peer = { host: 'x', port: 104, calledAeTitle: 'A', callingAeTitle: 'B' };",
      'const association = await associate(peer, { contexts: [] });',
      'const request = { model: STUDY_ROOT.find, identifier: () => new Uint8Array() };',
      'for await (const match of find(association, request)) {',
      '  const identifier: Match["identifier"] = match.identifier;',
      '  // @ts-expect-error: a match is not text',
      '  const text: string = match;',
      '  console.log(identifier, text);',
      '}',
    ];
    await writeFile(path.join(consumer, 'use.ts'), source.join('\n'));
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    const tsc = path.join(MODULES, 'typescript', 'bin', 'tsc');
    expect(await run(process.execPath, [tsc, ...options, 'use.ts'], consumer)).toEqual({
      code: 0,
      output: '',
    });
  });
});
