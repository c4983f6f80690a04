import { createHash, randomBytes, randomUUID } from 'node:crypto';
import argon2 from '@node-rs/argon2';
import { PhotopeakError } from '@photopeak/imaging';
import type { Role, User } from '../api/contract.ts';
import type { Database } from '../database/index.ts';
import { appendAudit } from './audit/index.ts';

/** OWASP password storage, argon2id: 19 MiB, two passes. The library's default variant is argon2id. */
const HASHING = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A sign-in link works once and not for long. */
const LINK_HOURS = 24;
/** 256 bit. */
const TOKEN_BYTES = 32;

export interface SignedIn {
  readonly user: User;
  readonly hasPassword: boolean;
}

export function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/**
 * On a node without accounts: one administrator who may also read, without a password, and a link to sign in once.
 * @returns the token of the link, or undefined when accounts exist.
 */
export async function ensureFirstAccount(db: Database): Promise<string | undefined> {
  return db.transaction().execute(async (transaction) => {
    await transaction.selectFrom('audit_head').select('sequence').forUpdate().execute();
    const existing = await transaction
      .selectFrom('account')
      .select(['id', 'password_hash'])
      .limit(2)
      .execute();
    const only = existing[0];
    // Somebody set a password, or there are several accounts: nothing is opened any more by a restart.
    if (existing.length > 1 || (only !== undefined && only.password_hash !== null)) return undefined;
    const id = only?.id ?? randomUUID();
    if (only === undefined) {
      const roles: Role[] = ['administrator', 'reader'];
      await transaction
        .insertInto('account')
        .values({ id, username: 'admin', name: 'Administrator', roles, password_hash: null })
        .execute();
      await appendAudit(transaction, [
        { kind: 'account', actor: 'node', subject: `account:${id}`, detail: { created: 'admin', roles } },
      ]);
    }
    return createLink(transaction, id);
  });
}

async function createLink(transaction: Database, accountId: string): Promise<string> {
  const token = newToken();
  await transaction
    .insertInto('sign_in_link')
    .values({
      token_sha256: digest(token),
      account_id: accountId,
      expires_at: new Date(Date.now() + LINK_HOURS * 3_600_000),
    })
    .execute();
  return token;
}

/** Creates a local account; the person sets the password through the one-time link that is returned. */
export async function createAccount(
  db: Database,
  account: { readonly username: string; readonly name: string; readonly roles: readonly Role[] },
  actor: string,
): Promise<{ id: string; token: string }> {
  return db.transaction().execute(async (transaction) => {
    const id = randomUUID();
    const inserted = await transaction
      .insertInto('account')
      .values({
        id,
        username: account.username,
        name: account.name,
        roles: [...account.roles],
        password_hash: null,
      })
      .onConflict((conflict) => conflict.column('username').doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) {
      throw new PhotopeakError('this user name is taken', {
        code: 'ACCOUNT_EXISTS',
        found: account.username,
      });
    }
    const token = await createLink(transaction, id);
    await appendAudit(transaction, [
      {
        kind: 'account',
        actor,
        subject: `account:${id}`,
        detail: { created: account.username, roles: account.roles },
      },
    ]);
    return { id, token };
  });
}

/** Signs in once by link. Undefined: unknown, used or expired. */
export async function signInByLink(db: Database, token: string): Promise<SignedIn | undefined> {
  const used = await db
    .updateTable('sign_in_link')
    .set({ used_at: new Date() })
    .where('token_sha256', '=', digest(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', new Date())
    .returning('account_id')
    .executeTakeFirst();
  return used && findAccount(db, used.account_id);
}

/** The time of a refusal does not tell whether the name exists. */
const decoy = argon2.hash(newToken(), HASHING);

export async function signInByPassword(
  db: Database,
  username: string,
  password: string,
): Promise<SignedIn | undefined> {
  const account = await db
    .selectFrom('account')
    .select(['id', 'password_hash', 'disabled'])
    .where('username', '=', username)
    .executeTakeFirst();
  const matches = await argon2.verify(account?.password_hash ?? (await decoy), password);
  if (!matches || account === undefined || account.password_hash === null || account.disabled)
    return undefined;
  return findAccount(db, account.id);
}

/** For actions that ask again who acts (signing a report). */
export async function verifyPassword(db: Database, accountId: string, password: string): Promise<boolean> {
  const account = await db
    .selectFrom('account')
    .select(['password_hash', 'disabled'])
    .where('id', '=', accountId)
    .executeTakeFirst();
  const matches = await argon2.verify(account?.password_hash ?? (await decoy), password);
  return matches && account?.password_hash != null && !account.disabled;
}

/**
 * Sets a password. `current` must be right unless none was set. Ends every other session of the account.
 * @throws PhotopeakError PASSWORD_WRONG
 */
export async function setPassword(
  db: Database,
  accountId: string,
  change: { readonly current?: string | undefined; readonly next: string },
  keepSession: string,
): Promise<void> {
  const account = await db
    .selectFrom('account')
    .select('password_hash')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  if (account.password_hash !== null && !(await argon2.verify(account.password_hash, change.current ?? ''))) {
    throw new PhotopeakError('the current password is not right', { code: 'PASSWORD_WRONG' });
  }
  const password_hash = await argon2.hash(change.next, HASHING);
  await db.transaction().execute(async (transaction) => {
    await transaction.updateTable('account').set({ password_hash }).where('id', '=', accountId).execute();
    await transaction
      .deleteFrom('session')
      .where('account_id', '=', accountId)
      .where('token_sha256', '!=', digest(keepSession))
      .execute();
    await appendAudit(transaction, [
      {
        kind: 'account',
        actor: `user:${accountId}`,
        subject: `account:${accountId}`,
        detail: { password: 'set' },
      },
    ]);
  });
}

async function findAccount(db: Database, id: string): Promise<SignedIn | undefined> {
  const account = await db
    .selectFrom('account')
    .select(['id', 'name', 'roles', 'password_hash', 'disabled'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (account === undefined || account.disabled) return undefined;
  return {
    user: { id: account.id, name: account.name, roles: account.roles as Role[] },
    hasPassword: account.password_hash !== null,
  };
}

/** Opens a session; the token goes into the cookie and nowhere else. */
export async function openSession(db: Database, accountId: string, hours: number): Promise<string> {
  const token = newToken();
  await db.deleteFrom('session').where('expires_at', '<', new Date()).execute();
  await db
    .insertInto('session')
    .values({
      token_sha256: digest(token),
      account_id: accountId,
      expires_at: new Date(Date.now() + hours * 3_600_000),
    })
    .execute();
  return token;
}

export async function findSession(db: Database, token: string): Promise<SignedIn | undefined> {
  const session = await db
    .selectFrom('session')
    .select('account_id')
    .where('token_sha256', '=', digest(token))
    .where('expires_at', '>', new Date())
    .executeTakeFirst();
  return session && findAccount(db, session.account_id);
}

export async function closeSession(db: Database, token: string): Promise<void> {
  await db.deleteFrom('session').where('token_sha256', '=', digest(token)).execute();
}
