import type { Observer } from '@photopeak/dicom';
import { MANUFACTURER } from '../study/index.ts';
import { deviceUid, type Identity } from './identity.ts';

/** The software as the observer of a measurement report (TID 1002). */
export const softwareObserver = (identity: Identity): Observer => ({
  kind: 'device',
  uid: deviceUid(identity),
  name: identity.pipeline.name,
  manufacturer: MANUFACTURER,
  model: identity.pipeline.name,
  serialNumber: identity.pipeline.version,
});
