import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { Dataset, writePart10 } from '@photopeak/dicom';
import { encodeFileMeta } from '@photopeak/dimse';
import { type Archive, fileMetaLength, LONGEST_META } from '../../archive/index.ts';

/** What the index recorded of a file. */
export interface RecordedFile {
  readonly sha256: string;
  readonly byteLength: number;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly callingAeTitle: string | undefined;
}

/**
 * Puts a file of the archive back from a copy, if the copy holds the same transfer syntax and data set: then it can be
 * shown by the recorded SHA-256 of the whole file. Whoever keeps an instance writes its file meta information anew
 * (PS3.10 §7.1), so that of the file as it was is put before the data set: as it comes with the copy, as it can still
 * be read from the damaged file, as this node wrote it when the instance was sent to it, as it writes it for results.
 * The damaged bytes are kept below `damaged/`.
 * @returns false where no such file has the recorded hash; nothing was changed then
 */
export async function restoreFrom(archive: Archive, recorded: RecordedFile, copy: string): Promise<boolean> {
  const ownMeta = await metaOf(copy);
  if (ownMeta === undefined) return false;
  const { size } = await stat(copy);
  const dataSetBytes = size - ownMeta.length;
  const target = archive.instances.pathOf(recorded.sha256);
  const candidates = [ownMeta, await metaOf(target), ...writtenMetas(recorded)];
  for (const meta of candidates) {
    if (meta === undefined || meta.length + dataSetBytes !== recorded.byteLength) continue;
    const digest = createHash('sha256').update(meta);
    for await (const chunk of createReadStream(copy, { start: ownMeta.length }))
      digest.update(chunk as Buffer);
    if (digest.digest('hex') !== recorded.sha256) continue;
    const writer = archive.instances.begin();
    try {
      await writer.write([meta]);
      for await (const chunk of createReadStream(copy, { start: ownMeta.length }))
        await writer.write([chunk as Buffer]);
      await keepEvidence(archive, recorded.sha256);
      // Takes the place of the damaged file in one step.
      const { durable } = await writer.keep();
      await durable;
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return true;
  }
  return false;
}

/** Preamble and file meta information of a file; undefined where they cannot be read. */
async function metaOf(file: string): Promise<Buffer | undefined> {
  try {
    await using handle = await open(file, 'r');
    const beginning = Buffer.alloc(LONGEST_META);
    const { bytesRead } = await handle.read(beginning, 0, LONGEST_META, 0);
    const length = fileMetaLength(beginning.subarray(0, bytesRead));
    return length === undefined ? undefined : beginning.subarray(0, length);
  } catch {
    // Missing, or the disk does not give it.
    return undefined;
  }
}

function writtenMetas(recorded: RecordedFile): Uint8Array[] {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, callingAeTitle } = recorded;
  const identity = { sopClassUid, sopInstanceUid, transferSyntaxUid };
  return [
    ...(callingAeTitle === undefined ? [] : [encodeFileMeta({ ...identity, sourceAeTitle: callingAeTitle })]),
    writePart10({ dataset: new Dataset(), ...identity }),
  ];
}

async function keepEvidence(archive: Archive, sha256: string): Promise<void> {
  const folder = path.join(archive.dataFolder, 'damaged');
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const [from, to] = [archive.instances.pathOf(sha256), path.join(folder, sha256)];
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    // Lost altogether, or kept already.
    if (error.code === 'ENOENT' || error.code === 'EEXIST') return;
    // Another file system; what a broken disk does not give is no reason to leave the instance broken.
    await copyFile(from, to).catch(() => undefined);
  });
}
