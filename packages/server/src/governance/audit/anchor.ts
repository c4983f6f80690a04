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
});
/** The newest entry that was seen, kept outside the database: `audit-anchor.json` in the data folder. */
export type Anchor = z.infer<typeof anchorSchema>;

const FILE = 'audit-anchor.json';

export async function readAnchor(dataFolder: string): Promise<Anchor | undefined> {
  const file = path.join(dataFolder, FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return anchorSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PhotopeakError('the anchor of the audit trail is damaged', {
      code: 'AUDIT_ANCHOR_DAMAGED',
      where: file,
      remedy: 'restore the file from a backup; without it a truncation of the trail cannot be noticed',
      cause,
    });
  }
}

/** Remembers the present head. Never goes back: an anchor ahead of the chain is evidence and stays. */
export async function writeAnchor(db: Database, dataFolder: string): Promise<void> {
  const head = await db.selectFrom('audit_head').select(['sequence', 'hash']).executeTakeFirstOrThrow();
  const before = await readAnchor(dataFolder);
  if (before !== undefined && before.sequence >= head.sequence) return;
  const anchor: Anchor = { sequence: head.sequence, hash: head.hash, at: new Date().toISOString() };
  await writeDurably(path.join(dataFolder, FILE), Buffer.from(`${JSON.stringify(anchor)}\n`));
}
