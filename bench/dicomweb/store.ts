// STOW-RS of CT instances of 530 KB, one to a request and 25 to a request over one connection, beside Orthanc. Ours
// syncs and indexes every instance before it answers; each round sends instances that no server has seen.
//   node bench/dicomweb/store.ts
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeInstances } from '../../packages/dimse/src/testing/instances.ts';
import { PIXEL_BYTES } from '../dimse/support.ts';
import { archives, contest, reportMemory } from './support.ts';

const COUNT = 100;
const BOUNDARY = 'instances';
const all = await archives();

/** The bodies of one round for one server, in memory before the clock starts. */
async function bodies(first: number, together: number): Promise<Buffer[]> {
  const written = await writeInstances(all.place.source, COUNT, {
    pixelBytes: PIXEL_BYTES,
    columns: 512,
    first,
  });
  const files = await Promise.all(written.map(({ file }) => readFile(path.resolve(file))));
  return Array.from({ length: COUNT / together }, (_, group) =>
    Buffer.concat([
      ...files
        .slice(group * together, (group + 1) * together)
        .flatMap((file) => [
          Buffer.from(`--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`),
          file,
          Buffer.from('\r\n'),
        ]),
      Buffer.from(`--${BOUNDARY}--\r\n`),
    ]),
  );
}

const type = `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`;
let first = 1_000_000;
for (const together of [1, 25]) {
  const rounds = new Map<number, Buffer[]>();
  const name = `STOW-RS, ${together} instance${together === 1 ? '' : 's'} a request`;
  await contest(
    name,
    all,
    async (archive, round) => {
      for (const body of rounds.get(round)!) await archive.post('/studies', type, body);
    },
    {
      count: COUNT,
      async prepare(round) {
        rounds.clear();
        rounds.set(round, await bodies(first, together));
        first += COUNT;
      },
    },
  );
}
await reportMemory(all);
await all.close();
