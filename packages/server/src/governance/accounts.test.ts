import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import {
  closeSession,
  createAccount,
  ensureFirstAccount,
  findSession,
  openSession,
  permissionsOf,
  setPassword,
  signInByLink,
  signInByPassword,
  verifyPassword,
} from './index.ts';

describe('people', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.stop());

  it('the first start gives a link, not a password; the link works once; a password closes that door', async () => {
    const { db } = database;
    const token = await ensureFirstAccount(db);
    expect(token).toBeDefined();
    expect(await signInByPassword(db, 'admin', '')).toBeUndefined();
    const signedIn = await signInByLink(db, token!);
    expect(signedIn).toMatchObject({ hasPassword: false, user: { roles: ['administrator', 'reader'] } });
    expect(await signInByLink(db, token!)).toBeUndefined();

    const session = await openSession(db, signedIn!.user.id, 1);
    const other = await openSession(db, signedIn!.user.id, 1);
    await setPassword(db, signedIn!.user.id, { next: 'correct horse battery' }, session);
    expect(await findSession(db, session)).toMatchObject({ hasPassword: true });
    expect(await findSession(db, other)).toBeUndefined();
    expect(await ensureFirstAccount(db)).toBeUndefined();
    await expect(
      setPassword(db, signedIn!.user.id, { current: 'wrong', next: 'another long one' }, session),
    ).rejects.toMatchObject({ code: 'PASSWORD_WRONG' });

    expect(await signInByPassword(db, 'admin', 'correct horse battery')).toMatchObject({ hasPassword: true });
    expect(await signInByPassword(db, 'admin', 'correct horse')).toBeUndefined();
    expect(await signInByPassword(db, 'nobody', 'correct horse battery')).toBeUndefined();
    expect(await verifyPassword(db, signedIn!.user.id, 'correct horse battery')).toBe(true);
    await closeSession(db, session);
    expect(await findSession(db, session)).toBeUndefined();
  });

  it('keeps no secret in the clear', async () => {
    const { token } = await createAccount(
      database.db,
      { username: 'mira', name: 'Mira', roles: ['reader'] },
      'user:x',
    );
    const dump = JSON.stringify((await database.pool.query('select * from sign_in_link')).rows);
    expect(dump).not.toContain(token);
    await expect(
      createAccount(database.db, { username: 'mira', name: 'M', roles: ['reader'] }, 'user:x'),
    ).rejects.toMatchObject({ code: 'ACCOUNT_EXISTS' });
  });

  it('an administrator runs the node but does not sign; a technologist does not read the audit', () => {
    expect(permissionsOf(['administrator']).can('sign', 'run')).toBe(false);
    expect(permissionsOf(['administrator']).can('read', 'audit')).toBe(true);
    expect(permissionsOf(['reader']).can('sign', 'run')).toBe(true);
    expect(permissionsOf(['technologist']).can('read', 'audit')).toBe(false);
    expect(permissionsOf(['technologist', 'reader']).can('decide', 'run')).toBe(true);
  });
});
