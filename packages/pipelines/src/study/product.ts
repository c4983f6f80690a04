import type { Dataset, Equipment } from '@photopeak/dicom';

export const MANUFACTURER = 'Photopeak';

/** What every result and page says. */
export const NOTICE =
  'Photopeak is not a cleared medical device. For research and evaluation until a site has validated it.';

/** The software as General Equipment of what it writes (PS3.3 C.7.5.1, C.7.5.2). */
export function equipmentOf(pipeline: { readonly name: string; readonly version: string }): Equipment {
  return {
    manufacturer: MANUFACTURER,
    model: pipeline.name,
    deviceSerialNumber: 'SOFTWARE',
    softwareVersions: pipeline.version,
  };
}

/** True for an object that Photopeak wrote: it names itself as equipment, which no scanner does. */
export function isOwnResult(header: Dataset): boolean {
  return header.text('Manufacturer') === MANUFACTURER;
}
