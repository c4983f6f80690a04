import { open, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { associate, fromBytes, readFileHead, store } from '@photopeak/dimse';

export interface Modality {
  /** One C-STORE; the status that the node answers. */
  store(file: string): Promise<number>;
  release(): Promise<void>;
}

const STORABLE = ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.128'];
const EXPLICIT = '1.2.840.10008.1.2.1';

/** A scanner: one association for CT and PET. */
export async function modality(address: { readonly host: string; readonly port: number }): Promise<Modality> {
  const peer = { ...address, calledAeTitle: 'PHOTOPEAK', callingAeTitle: 'SCANNER' };
  const association = await associate(peer, {
    contexts: STORABLE.map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [EXPLICIT] })),
  });
  return {
    async store(file) {
      await using handle = await open(file, 'r');
      const head = await readFileHead(handle, file);
      const bytes = (await readFile(file)).subarray(head.dataSetOffset);
      const { sopClassUid, sopInstanceUid } = head;
      const answer = await store(
        association,
        { sopClassUid, sopInstanceUid, transferSyntaxUid: EXPLICIT },
        fromBytes(bytes),
      );
      return answer.status;
    },
    release: () => association.release(),
  };
}

/** Sends as scanners do: each file again, over a new association where the old one broke, until the node has it. */
export async function sendUntilTaken(
  address: { readonly host: string; readonly port: number },
  files: readonly string[],
): Promise<void> {
  let scanner: Modality | undefined;
  for (const file of files) {
    for (;;) {
      try {
        scanner ??= await modality(address);
        if ((await scanner.store(file)) === 0) break;
      } catch {
        scanner = undefined;
      }
      await pause(200);
    }
  }
  await scanner?.release();
}
