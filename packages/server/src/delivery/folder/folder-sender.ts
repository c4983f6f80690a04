import { randomUUID } from 'node:crypto';
import { access, constants, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { readFileHeader } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { fillTemplate } from '../path-template.ts';
import type { DeliveryItem, DeliveryOutcome, Sender } from '../sender.ts';

export interface FolderDestination {
  readonly path: string;
  readonly template: string;
}

/**
 * Delivery into a folder. A file appears under its name when it is whole and on the disk: it is copied beside it under
 * a hidden name, synced and renamed. The same instance again replaces its file by an equal one.
 */
export function createFolderSender(destination: FolderDestination): Sender {
  return {
    async *send(items, signal) {
      for (const item of items) {
        if (signal?.aborted === true) return;
        yield await put(destination, item);
      }
    },
    async check() {
      try {
        await access(destination.path, constants.W_OK);
      } catch (error) {
        throw new PhotopeakError('The folder of a destination cannot be written to.', {
          code: 'DELIVERY_FOLDER_UNWRITABLE',
          found: (error as NodeJS.ErrnoException).code ?? String(error),
          where: destination.path,
          remedy: 'Create the folder, mount the share, or correct its permissions.',
        });
      }
    },
  };
}

async function put(destination: FolderDestination, item: DeliveryItem): Promise<DeliveryOutcome> {
  let temporary: string | undefined;
  try {
    const name = fillTemplate(destination.template, readFileHeader(item.file).dataset);
    const target = path.join(destination.path, name);
    await access(destination.path, constants.W_OK);
    await mkdir(path.dirname(target), { recursive: true });
    temporary = path.join(path.dirname(target), `.${randomUUID()}.part`);
    await copyFile(item.file, temporary);
    await sync(temporary);
    await rename(temporary, target);
    await sync(path.dirname(target));
    return { item, result: 'accepted', status: '0000', warning: false, text: 'written' };
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    if (error instanceof PhotopeakError) {
      return { item, result: 'refused', status: error.code, isTransient: false, text: error.message };
    }
    // A share that is not mounted or full: it may be there again later.
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return {
      item,
      result: 'unknown',
      code: 'DELIVERY_FOLDER_UNWRITABLE',
      text: `the file cannot be written (${code})`,
    };
  }
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
