import type { DicomJson } from '@photopeak/dicom';
import type { Configuration } from '../../config/index.ts';

/** Where a client reaches this node's DICOMweb, for the addresses in work items. */
export function addressOf({ http }: Pick<Configuration, 'http'>): string {
  const base = http.publicUrl?.replace(/\/$/, '') ?? `http://${http.host}:${http.port}`;
  return `${base}/dicom-web`;
}

/** Addresses of this node are put in when an item goes out. */
export function withAddress(attributes: DicomJson, address: string): DicomJson {
  return JSON.parse(JSON.stringify(attributes).replaceAll('["@/', `["${address}/`)) as DicomJson;
}
