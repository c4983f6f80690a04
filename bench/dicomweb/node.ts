// A node for the benchmarks of DICOMweb: prints `DICOM_PORT URL` when it answers.
//   node bench/dicomweb/node.ts FOLDER TOKEN
import { startTestNode } from '../../packages/server/src/testing/node.ts';

const [folder, token] = process.argv.slice(2);
const node = await startTestNode(
  folder!,
  `workflow: { workers: 0 }\nsecurity: { tokens: [{ name: bench, token: ${token}, roles: [technologist] }] }`,
);
process.once('SIGTERM', () => void node.close().then(() => process.exit(0)));
console.log(`${node.dicom!.port} ${node.url}`);
