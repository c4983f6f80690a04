import { createHash } from 'node:crypto';
import { Dataset, uidFrom } from '@photopeak/dicom';
import type { Vec3, Volume } from '@photopeak/imaging';
import { code, describeStudy, type Study } from '../../petct/dicom/study.ts';
import { dateOf, type LocalSeconds, parseLocal, timeOf } from '../../shared/local-time.ts';
import { Random } from '../../shared/random.ts';
import type { SpectctPhantom } from '../phantom.ts';
import { tracerModels } from '../tracers.ts';

/** What all instances of one examination of a SPECT/CT study share. */
export interface SpectStudy {
  readonly phantom: SpectctPhantom;
  /** Which of the phantom's images this examination has. */
  readonly image: number;
  readonly administered: LocalSeconds;
  /** Start of the acquisition of the SPECT. */
  readonly acquired: LocalSeconds;
  /** At a later time the patient lies elsewhere on the couch: LPS mm, SPECT and CT alike. */
  readonly couchMm: Vec3;
  /** Bq/ml, where the patient lies. */
  readonly spect: Volume<Float32Array>;
  /** The same study as the CT series of petct takes it. */
  readonly ct: Study;
}

const ADMINISTERED = '20250310091500';
/** The CT follows the SPECT. */
const CT_AFTER_SECONDS = 180;

/** Identity and times of an examination: every time point is a study of its own with a frame of reference of its own. */
export function describeSpectStudy(
  phantom: SpectctPhantom,
  image: number,
  administeredAt = ADMINISTERED,
): SpectStudy {
  const { truth } = phantom;
  const { studyDescription } = tracerModels[truth.tracer];
  const administered = parseLocal(administeredAt);
  const acquired = administered + Math.round(truth.images[image]!.hours * 3600);
  const study = describeStudy(phantom.petct);
  const key = createHash('sha256')
    .update(JSON.stringify([truth, administered, image]))
    .digest('hex');
  const uid = (...parts: readonly (string | number)[]) =>
    uidFrom('photopeak/phantom/spectct', key, ...parts.map(String));
  const ctAt = acquired + truth.acquisitionSeconds + CT_AFTER_SECONDS;
  const frame = uid('frame-of-reference');
  const random = Random.of('spectct', truth.seed, 'couch', image);
  const couchMm: Vec3 =
    image === 0 ? [0, 0, 0] : [random.between(-8, 8), random.between(-4, 4), random.between(-30, 30)];
  return {
    phantom,
    image,
    administered,
    acquired,
    couchMm,
    spect: shifted(phantom.spect[image]!, couchMm),
    ct: {
      ...study,
      phantom: { ...phantom.petct, ct: shifted(phantom.ct, couchMm) },
      uid,
      frameOfReference: { ct: frame, pet: frame },
      timeline: { ...study.timeline, study: acquired, localizer: ctAt, ct: ctAt, pet: acquired },
      common: {
        ...study.common,
        StudyDate: dateOf(acquired),
        StudyTime: timeOf(acquired),
        AccessionNumber: `SP${String(truth.seed).padStart(6, '0').slice(-10)}T${image + 1}`,
        StudyDescription: studyDescription,
        PatientName: 'PHANTOM^SPECTCT',
        PatientID: `PHANTOM-SPECT-${truth.seed}`,
        StudyInstanceUID: uid('study'),
        StudyID: `${truth.seed}-${image + 1}`,
      },
    },
  };
}

function shifted<T extends Volume>(volume: T, by: Vec3): T {
  const origin = volume.origin.map((mm, axis) => Math.round((mm + by[axis]!) * 1000) / 1000);
  return { ...volume, origin };
}

/** Item of Radiopharmaceutical Information Sequence (PS3.3 C.8.4.10, C.8.9.2). */
export function radiopharmaceutical({ phantom, administered }: SpectStudy): Dataset {
  const { truth } = phantom;
  const { nuclide } = tracerModels[truth.tracer];
  return Dataset.of({
    Radiopharmaceutical: truth.radiopharmaceutical,
    RadiopharmaceuticalStartTime: timeOf(administered),
    RadiopharmaceuticalStartDateTime: dateOf(administered) + timeOf(administered),
    RadionuclideTotalDose: truth.injectedBq,
    RadionuclideHalfLife: nuclide.halfLifeSeconds,
    RadionuclideCodeSequence: code(nuclide.code, 'SCT', nuclide.meaning),
  });
}

export const PATIENT_ORIENTATION = {
  PatientOrientationCodeSequence: Dataset.of({
    CodeValue: '102538003',
    CodingSchemeDesignator: 'SCT',
    CodeMeaning: 'recumbent',
    PatientOrientationModifierCodeSequence: code('40199007', 'SCT', 'supine'),
  }),
  PatientGantryRelationshipCodeSequence: code('102540008', 'SCT', 'headfirst'),
};
