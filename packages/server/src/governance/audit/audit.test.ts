import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../../testing/database.ts';
import { appendAudit, readAnchor, verifyAudit, writeAnchor } from './index.ts';

describe('the audit trail', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.stop());

  const append = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        database.db
          .transaction()
          .execute((t) =>
            appendAudit(t, [
              { kind: 'receipt', actor: 'ae:CT1', subject: `study:1.2.${index}`, detail: { é: index } },
            ]),
          ),
      ),
    );

  /** What somebody with full rights on the database can do. */
  async function tamper(statement: string): Promise<void> {
    await database.pool.query('alter table audit disable trigger all');
    await database.pool.query(statement);
    await database.pool.query('alter table audit enable trigger all');
  }

  async function codes(): Promise<string[]> {
    const result = await verifyAudit(database.db, await readAnchor(database.folder));
    return [...new Set(result.problems.map((problem) => problem.code))];
  }

  beforeEach(async () => {
    await tamper("delete from audit; update audit_head set sequence = 0, hash = repeat('0', 64)");
    await rm(`${database.folder}/audit-anchor.json`, { force: true });
    await append(20);
    await writeAnchor(database.db, database.folder);
  });

  it('is in order after 20 writers at once', async () => {
    expect(await verifyAudit(database.db, await readAnchor(database.folder))).toEqual({
      ok: true,
      entries: 20,
      problems: [],
    });
  });

  it('refuses update, delete and truncate', async () => {
    for (const statement of ['update audit set hash = hash', 'delete from audit', 'truncate audit']) {
      await expect(database.pool.query(statement)).rejects.toThrow('append-only');
    }
  });

  it('finds a changed entry', async () => {
    await tamper("update audit set entry = replace(entry, 'CT1', 'CT2') where sequence = 7");
    expect(await codes()).toEqual(['AUDIT_CHANGED']);
  });

  it('finds a changed entry whose hash was made to fit', async () => {
    await tamper(
      "update audit set entry = replace(entry, 'CT1', 'CT2'), hash = encode(sha256(convert_to(replace(entry, 'CT1', 'CT2'), 'UTF8')), 'hex') where sequence = 7",
    );
    expect(await codes()).toEqual(['AUDIT_BROKEN']);
  });

  it('finds a removed entry', async () => {
    await tamper('delete from audit where sequence = 11');
    expect(await codes()).toContain('AUDIT_REMOVED');
  });

  it('finds two entries that changed places', async () => {
    await tamper(
      'update audit set sequence = -sequence where sequence in (4, 5); update audit set sequence = 9 + sequence where sequence in (-4, -5)',
    );
    expect(await codes()).toContain('AUDIT_REORDERED');
  });

  it('finds a cut end, also when the head in the database was cut too', async () => {
    await tamper('delete from audit where sequence > 15');
    expect(await codes()).toContain('AUDIT_TRUNCATED');
    await tamper('update audit_head set sequence = 15, hash = (select hash from audit where sequence = 15)');
    expect(await codes()).toEqual(['AUDIT_TRUNCATED']);
  });

  it('an anchor that somebody else wrote is refused where a secret is set', async () => {
    const secret = 'a secret that only the node knows, 32+';
    const file = `${database.folder}/audit-anchor.json`;
    await expect(readAnchor(database.folder, secret)).rejects.toMatchObject({ code: 'AUDIT_ANCHOR_FORGED' });
    await rm(file);
    await writeAnchor(database.db, database.folder, secret);
    expect(await readAnchor(database.folder, secret)).toMatchObject({ sequence: 20 });
    await writeFile(file, (await readFile(file, 'utf8')).replace('"sequence":20', '"sequence":15'));
    await expect(readAnchor(database.folder, secret)).rejects.toMatchObject({ code: 'AUDIT_ANCHOR_FORGED' });
  });

  it('finds a chain that was written anew', async () => {
    await tamper("delete from audit; update audit_head set sequence = 0, hash = repeat('0', 64)");
    await append(25);
    expect(await codes()).toEqual(['AUDIT_REWRITTEN']);
  });
});
