// QIDO-RS: the instances of a series of 600, beside Orthanc.
//   node bench/dicomweb/qido.ts
import { archives, contest, requireCount, SERIES } from './support.ts';

const all = await archives();
await contest('QIDO-RS of 600 instances', all, async (archive) => {
  const found = JSON.parse(await archive.text(`${SERIES}/instances?limit=1000`, 'application/dicom+json'));
  requireCount(archive, found.length);
});
await all.close();
