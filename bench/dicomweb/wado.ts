// WADO-RS of 600 instances of 530 KB: the series in one answer, and one instance after the other, beside Orthanc;
// curl is the client, over one connection that stays open.
//   node bench/dicomweb/wado.ts
import { COUNT, PIXEL_BYTES } from '../dimse/support.ts';
import { archives, contest, reportMemory, SERIES } from './support.ts';

const all = await archives();
const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';

function requireBytes(name: string, bytes: number, instances: number): void {
  if (bytes < instances * PIXEL_BYTES)
    throw new Error(`${name} gave ${bytes} bytes for ${instances} instances`);
}

await contest('WADO-RS of a series', all, async (archive) => {
  requireBytes(archive.name, await archive.read([SERIES], accept), COUNT);
});

const listed = JSON.parse(
  await all.ours.text(`${SERIES}/instances?limit=1000`, 'application/dicom+json'),
) as { readonly '00080018': { readonly Value: readonly [string] } }[];
const instances = listed.map((instance) => `${SERIES}/instances/${instance['00080018'].Value[0]}`);
await contest('WADO-RS per instance', all, async (archive) => {
  requireBytes(archive.name, await archive.read(instances, accept), COUNT);
});
await reportMemory(all);
await all.close();
