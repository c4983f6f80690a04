import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PhotopeakError } from '@photopeak/imaging';
import { z } from 'zod';
import { writeDurably } from '../../archive/durable.ts';
import type { Database } from '../../database/index.ts';

const anchorSchema = z.strictObject({
  sequence: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.string(),
  /** HMAC-SHA256 under `security.secret`, where one is configured. */
  seal: z.string().optional(),
});
/** The newest entry that was seen, kept outside the database: `audit-anchor.json` in the data folder. */
export type Anchor = z.infer<typeof anchorSchema>;

const FILE = 'audit-anchor.json';

/**
 * Reads the anchor; with `secret` its seal is checked, so that whoever may write files but does not know the secret
 * cannot make one that fits a changed chain.
 * @throws PhotopeakError AUDIT_ANCHOR_DAMAGED, AUDIT_ANCHOR_FORGED
 */
export async function readAnchor(dataFolder: string, secret?: string): Promise<Anchor | undefined> {
  const file = path.join(dataFolder, FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let anchor: Anchor;
  try {
    anchor = anchorSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PhotopeakError('the anchor of the audit trail is damaged', {
      code: 'AUDIT_ANCHOR_DAMAGED',
      where: file,
      remedy: 'restore the file from a backup; without it a truncation of the trail cannot be noticed',
      cause,
    });
  }
  if (secret !== undefined && anchor.seal !== sealOf(anchor, secret)) {
    throw new PhotopeakError('the anchor of the audit trail was not written by this node', {
      code: 'AUDIT_ANCHOR_FORGED',
      where: file,
      expected: 'a seal under security.secret',
      remedy:
        'if security.secret was set or changed just now, remove the file once; otherwise find out who wrote it',
    });
  }
  return anchor;
}

function sealOf(anchor: Pick<Anchor, 'sequence' | 'hash' | 'at'>, secret: string): string {
  return createHmac('sha256', secret).update(`${anchor.sequence} ${anchor.hash} ${anchor.at}`).digest('hex');
}

/** An anchor with its seal, where a secret is configured. */
export function sealAnchor(anchor: Omit<Anchor, 'seal'>, secret: string | undefined): Anchor {
  return secret === undefined ? anchor : { ...anchor, seal: sealOf(anchor, secret) };
}

/** Remembers the present head. Never goes back: an anchor ahead of the chain is evidence and stays. */
export async function writeAnchor(db: Database, dataFolder: string, secret?: string): Promise<void> {
  const head = await db.selectFrom('audit_head').select(['sequence', 'hash']).executeTakeFirstOrThrow();
  const before = await readAnchor(dataFolder, secret);
  if (before !== undefined && before.sequence >= head.sequence) return;
  const plain = { sequence: head.sequence, hash: head.hash, at: new Date().toISOString() };
  const anchor = sealAnchor(plain, secret);
  await writeDurably(path.join(dataFolder, FILE), Buffer.from(`${JSON.stringify(anchor)}\n`));
}
