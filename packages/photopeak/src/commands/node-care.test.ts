import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';

describe('what an administrator does with a node that is not running', () => {
  let folder: string;
  const at = (name: string) => path.join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-care-'));
    await chmod(folder, 0o755); // as root the database runs under another account, which has to enter
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('the doctor looks and makes nothing', async () => {
    const { code, stdout } = await photopeak('doctor', '--data', at('node'), '--json');
    const outcome = JSON.parse(stdout);
    expect(code).toBe(outcome.ok ? 0 : 3);
    expect(outcome.findings.map(({ name }: { name: string }) => name)).toContain('DICOM listener');
    expect(outcome.findings).toContainEqual({
      name: 'database',
      state: 'ok',
      found: 'none yet; the first start makes one',
    });
  });

  it('an archive is checked, its index made again, the node backed up and restored', async () => {
    const verified = await photopeak('archive', 'verify', '--data', at('node'), '--json');
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, files: 0, problems: [] });
    const rebuilt = await photopeak('archive', 'rebuild', '--data', at('node'));
    expect(rebuilt).toMatchObject({ code: 0, stdout: expect.stringContaining('0 added') });
    const backup = await photopeak('backup', at('backup'), '--data', at('node'), '--json');
    expect(backup.code).toBe(0);
    expect(JSON.parse(backup.stdout)).toMatchObject({ missing: [], files: 0 });
    const restored = await photopeak('restore', at('backup'), '--data', at('restored'), '--json');
    expect(restored.code).toBe(0);
    expect(JSON.parse(restored.stdout)).toMatchObject({ missing: [], audit: { ok: true, entries: 1 } });
  });
});
