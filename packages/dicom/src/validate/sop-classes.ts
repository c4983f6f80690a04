import { type Dataset, UID } from '../data/index.ts';
import { LABEL_MAP_SEGMENTATION } from '../objects/segmentation/index.ts';
import { checkContent } from './checks/content.ts';
import { checkDerivedImage, checkValueMappings } from './checks/images.ts';
import { checkKeyObject, checkMeasurementReport } from './checks/measurement-report.ts';
import { checkPixels, checkPlane } from './checks/pixels.ts';
import { checkCommonReferences, checkEvidence } from './checks/references.ts';
import { checkRegistration } from './checks/registration.ts';
import { checkSegmentation } from './checks/segmentation.ts';
import { checkStructureSet } from './checks/structure-set.ts';
import * as common from './modules/common.ts';
import * as images from './modules/images.ts';
import * as objects from './modules/objects.ts';
import type { Report } from './problem.ts';
import type { Module } from './rule.ts';

/** What an IOD demands: modules of PS3.3 Annex A, and checks that tables cannot express. */
export interface SopClassRules {
  readonly modules: readonly Module[];
  readonly checks: readonly ((object: Dataset, report: Report) => void)[];
}

const always = [
  common.patient,
  common.generalStudy,
  common.generalSeries,
  common.generalEquipment,
  common.sopCommon,
] as const;
const slice = [common.frameOfReference, common.generalImage, common.imagePlane, common.imagePixel] as const;
const imageChecks = [checkPixels, checkPlane, checkDerivedImage] as const;

const segmentation: SopClassRules = {
  modules: [
    ...always,
    common.enhancedEquipment,
    common.generalImageMultiFrame,
    common.imagePixel,
    common.commonInstanceReference,
    objects.segmentationSeries,
    objects.segmentationImage,
    objects.functionalGroups,
    objects.dimensions,
  ],
  checks: [checkPixels, checkSegmentation, checkCommonReferences],
};

const structuredReport: SopClassRules = {
  modules: [...always, objects.srSeries, objects.srGeneral, objects.srContent],
  checks: [checkContent, checkMeasurementReport, checkEvidence],
};

/** PS3.3 Annex A, for the SOP classes that this software writes. */
export const sopClassRules: Readonly<Record<string, SopClassRules>> = {
  [UID.CTImageStorage]: { modules: [...always, ...slice, images.ctImage], checks: imageChecks },
  [UID.MRImageStorage]: { modules: [...always, ...slice, images.mrImage], checks: imageChecks },
  [UID.PositronEmissionTomographyImageStorage]: {
    modules: [
      ...always,
      ...slice,
      images.petSeries,
      images.petIsotope,
      images.petImage,
      images.nmPetOrientation,
    ],
    checks: imageChecks,
  },
  [UID.NuclearMedicineImageStorage]: {
    modules: [
      ...always,
      common.generalImageMultiFrame,
      common.imagePixel,
      common.multiFrame,
      images.nmImage,
      images.nmMultiFrame,
      images.nmIsotopeAndDetector,
      images.nmPetOrientation,
    ],
    checks: [checkPixels, checkDerivedImage],
  },
  [UID.SecondaryCaptureImageStorage]: {
    modules: [...always, common.generalImage, common.imagePixel, images.scEquipment],
    checks: [checkPixels, checkDerivedImage],
  },
  [UID.MultiFrameTrueColorSecondaryCaptureImageStorage]: {
    modules: [
      ...always,
      common.generalImage,
      common.imagePixel,
      common.multiFrame,
      images.scEquipment,
      images.scTrueColour,
    ],
    checks: [checkPixels, checkDerivedImage],
  },
  [UID.SegmentationStorage]: segmentation,
  [LABEL_MAP_SEGMENTATION]: segmentation,
  [UID.SpatialRegistrationStorage]: {
    modules: [
      ...always,
      common.frameOfReference,
      common.commonInstanceReference,
      objects.registrationSeries,
      objects.spatialRegistration,
    ],
    checks: [checkRegistration, checkCommonReferences],
  },
  [UID.DeformableSpatialRegistrationStorage]: {
    modules: [
      ...always,
      common.enhancedEquipment,
      common.frameOfReference,
      common.commonInstanceReference,
      objects.registrationSeries,
      objects.deformableRegistration,
    ],
    checks: [checkRegistration, checkCommonReferences],
  },
  [UID.BlendingSoftcopyPresentationStateStorage]: {
    modules: [
      ...always,
      objects.presentationSeries,
      objects.presentationIdentification,
      objects.presentationBlending,
      objects.blendedColours,
    ],
    checks: [],
  },
  [UID.RealWorldValueMappingStorage]: {
    modules: [
      ...always,
      common.commonInstanceReference,
      objects.mappingSeries,
      objects.mappingContent,
      images.realWorldValueMapping,
    ],
    checks: [checkValueMappings, checkCommonReferences],
  },
  [UID.ContentAssessmentResultsStorage]: {
    modules: [...always, common.commonInstanceReference, objects.assessmentSeries, objects.contentAssessment],
    checks: [checkCommonReferences],
  },
  [UID.BasicTextSRStorage]: structuredReport,
  [UID.EnhancedSRStorage]: structuredReport,
  [UID.ComprehensiveSRStorage]: structuredReport,
  [UID.Comprehensive3DSRStorage]: structuredReport,
  [UID.KeyObjectSelectionDocumentStorage]: {
    modules: [...always, objects.keyObjectSeries, objects.keyObjectGeneral, objects.srContent],
    checks: [checkContent, checkKeyObject, checkEvidence],
  },
  [UID.RTStructureSetStorage]: {
    modules: [
      common.patient,
      common.generalStudy,
      common.generalEquipment,
      common.sopCommon,
      objects.structureSet,
    ],
    checks: [checkStructureSet],
  },
};
