// WADO-RS of 600 instances of 530 KB: the series in one answer, and one instance after the other, beside Orthanc.
//   node bench/dicomweb/wado.ts
import { COUNT, PIXEL_BYTES } from '../dimse/support.ts';
import { archives, contest, SERIES } from './support.ts';

const all = await archives();
const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';

function requireBytes(name: string, bytes: number, instances: number): void {
  if (bytes < instances * PIXEL_BYTES)
    throw new Error(`${name} gave ${bytes} bytes for ${instances} instances`);
}

await contest('WADO-RS of a series', all, async (archive) => {
  requireBytes(archive.name, await archive.read(SERIES, accept), COUNT);
});

const listed = JSON.parse(
  await all.ours.text(`${SERIES}/instances?limit=1000`, 'application/dicom+json'),
) as { readonly '00080018': { readonly Value: readonly [string] } }[];
const uids = listed.map((instance) => instance['00080018'].Value[0]);
await contest('WADO-RS per instance', all, async (archive) => {
  for (const uid of uids) {
    requireBytes(archive.name, await archive.read(`${SERIES}/instances/${uid}`, accept), 1);
  }
});
await all.close();
