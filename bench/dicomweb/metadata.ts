// WADO-RS metadata of a series of 600, beside Orthanc.
//   node bench/dicomweb/metadata.ts
import { archives, contest, requireCount, SERIES } from './support.ts';

const all = await archives();
await contest('metadata of a series of 600', all, async (archive) => {
  const found = JSON.parse(await archive.text(`${SERIES}/metadata`, 'application/dicom+json'));
  requireCount(archive, found.length);
});
await all.close();
