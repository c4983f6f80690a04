import { open } from 'node:fs/promises';
import type { Peer } from '../association/index.ts';
import { DimseError } from '../errors.ts';
import type { DataSource } from '../message/data-source.ts';
import {
  asDimseError,
  type SendOptions,
  type StoreResult,
  sendInstances,
} from '../services/send-instances.ts';
import type { StoredInstance } from '../services/stored-instance.ts';
import { type FileHead, readFileHead } from './file-meta.ts';
import { fromFile } from './file-source.ts';

export interface SendFilesOptions extends SendOptions {
  /** For a peer that does not take the syntax of a file. Without it such a file is reported and not sent. */
  readonly conversion?: Conversion;
}

/** How a file can be given in another transfer syntax than its own. */
export interface Conversion {
  /** Syntaxes into which a file can be turned without loss, best first. */
  syntaxes(head: FileHead): readonly string[];
  convert(file: string, head: FileHead, transferSyntaxUid: string): Promise<DataSource>;
}

/** What became of one file. */
export type SendOutcome = { readonly file: string } & StoreResult;

interface FileInstance extends StoredInstance {
  readonly file: string;
}

/** Files whose meta information is read at the same time. */
const HEADS_AT_ONCE = 16;

/**
 * Sends Part 10 files, byte for byte in the syntax they have: each pair of SOP class and transfer syntax gets a
 * presentation context of its own. Yields one outcome for each file as soon as it is known; never throws for a peer
 * or a file.
 */
export async function* sendFiles(
  peer: Peer,
  files: readonly string[],
  options: SendFilesOptions = {},
): AsyncGenerator<SendOutcome, void, undefined> {
  const instances: FileInstance[] = [];
  for (let at = 0; at < files.length; at += HEADS_AT_ONCE) {
    const some = files.slice(at, at + HEADS_AT_ONCE);
    const heads = await Promise.all(some.map(headOf));
    for (const [index, head] of heads.entries()) {
      const file = some[index]!;
      if (head instanceof DimseError) yield { file, result: 'error', sopInstanceUid: undefined, error: head };
      else instances.push(fileInstance(file, head, options.conversion));
    }
  }
  for await (const { instance, ...outcome } of sendInstances(peer, instances, options)) {
    yield { file: instance.file, ...outcome };
  }
}

/** A Part 10 file as something that can be sent; DIMSE_FILE_UNREADABLE where it is none. */
export async function storedFile(file: string, conversion?: Conversion): Promise<StoredInstance> {
  const head = await headOf(file);
  if (head instanceof DimseError) throw head;
  return fileInstance(file, head, conversion);
}

async function headOf(file: string): Promise<FileHead | DimseError> {
  try {
    await using handle = await open(file, 'r');
    return await readFileHead(handle, file);
  } catch (error) {
    return asDimseError(error, file);
  }
}

function fileInstance(file: string, head: FileHead, conversion: Conversion | undefined): FileInstance {
  return {
    file,
    ...head,
    alternatives: conversion?.syntaxes(head).filter((syntax) => syntax !== head.transferSyntaxUid) ?? [],
    async open(transferSyntaxUid) {
      if (conversion !== undefined && transferSyntaxUid !== head.transferSyntaxUid) {
        const source = await conversion.convert(file, head, transferSyntaxUid);
        return { source, close: async () => {} };
      }
      const handle = await open(file, 'r').catch((error: unknown) => {
        throw asDimseError(error, file);
      });
      try {
        const { size } = await handle.stat();
        return { source: fromFile(handle, head.dataSetOffset, size, file), close: () => handle.close() };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
  };
}
