import { dcm } from '../../codes/index.ts';
import type { Dataset } from '../../data/index.ts';
import { type ContentItem, childOf, readDocumentContent, walk } from '../sr/index.ts';

export const X_RAY_DOSE_REPORT = '1.2.840.10008.5.1.4.1.1.88.67';

/** An irradiation event of CT as its dose report tells it. */
export interface CtIrradiation {
  /** Irradiation Event UID; images name theirs in (0008,3010). */
  readonly eventUid: string;
  readonly ctdiVolMgy: number;
}

/** The events of an X-Ray Radiation Dose SR (PS3.16 TID 10011, 10013) that name their mean CTDIvol. */
export function ctIrradiations(report: Dataset): CtIrradiation[] {
  const events: CtIrradiation[] = [];
  for (const { item } of walk(readDocumentContent(report))) {
    if (item.type !== 'CONTAINER' || item.name?.value !== dcm.ctAcquisition.value) continue;
    const event = childOf(item, 'UIDREF', dcm.irradiationEventUid);
    const dose = childOf(item, 'CONTAINER', dcm.ctDose);
    const ctdi = dose === undefined ? undefined : meanCtdi(dose);
    if (event !== undefined && ctdi !== undefined) events.push({ eventUid: event.value, ctdiVolMgy: ctdi });
  }
  return events;
}

const meanCtdi = (dose: ContentItem): number | undefined => childOf(dose, 'NUM', dcm.meanCtdiVol)?.value;
