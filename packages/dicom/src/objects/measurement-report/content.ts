import type { Code } from '../../codes/index.ts';
import type { Algorithm, InstanceReference } from '../common/index.ts';
import type { GraphicType, GraphicType3d } from '../sr/index.ts';
import type { TimePointContext } from './time-point.ts';

/** Observation context, TID 1001: who observed. */
export type Observer =
  | {
      readonly kind: 'device';
      readonly uid: string;
      readonly name?: string;
      readonly manufacturer?: string;
      readonly model?: string;
      readonly serialNumber?: string;
    }
  | {
      readonly kind: 'person';
      /** Person Name (PN), e.g. `Smith^Anna^^Dr`. */
      readonly name: string;
      readonly organization?: string;
    };

/** One number, TID 300 and 1419: concept, value, unit, and how it came about. */
export interface Measurement {
  readonly name: Code;
  /** Absent when it could not be computed; then `qualifier` says why. */
  readonly value?: number;
  readonly unit: Code;
  readonly qualifier?: Code;
  /** Maximum, mean, peak …; CID 7464. */
  readonly derivation?: Code;
  readonly method?: Code;
}

/** A statement in words or codes: name and value. */
export interface Evaluation {
  readonly name: Code;
  readonly value: Code | string;
}

export interface FindingSite {
  readonly site: Code;
  readonly laterality?: Code;
  readonly modifier?: Code;
}

/** What every group of measurements may carry. */
interface GroupBase {
  /** For people, e.g. `Lesion 1`. */
  readonly trackingId: string;
  /** The same for the same thing in the SEG and at other time points. */
  readonly trackingUid: string;
  readonly findingCategory?: Code;
  readonly finding?: Code;
  readonly sites?: readonly FindingSite[];
  readonly algorithm?: Algorithm;
  readonly timePoint?: TimePointContext;
  /** Who observed this, where it is another than the observers of the report (PS3.3 C.17.5, TID 1001). */
  readonly observer?: Observer;
  readonly measurements: readonly Measurement[];
  readonly evaluations?: readonly Evaluation[];
  /** Real World Value Mapping that was used, e.g. for SUV. */
  readonly realWorldValueMap?: InstanceReference;
}

/** Where the numbers of a volumetric group come from: exactly one kind, TID 1411. */
export type VolumeRegion =
  | {
      readonly kind: 'segment';
      readonly segmentation: InstanceReference;
      readonly segment: number;
    }
  | {
      readonly kind: 'surface';
      readonly graphicType: GraphicType3d;
      readonly points: readonly number[];
      readonly frameOfReferenceUid: string;
    };

/** Where the numbers of a planar group come from, TID 1410. */
export type PlanarRegion =
  | {
      readonly kind: 'segmentationFrame';
      readonly segmentation: InstanceReference;
      readonly frame: number;
      readonly segment: number;
    }
  | {
      readonly kind: 'image';
      readonly image: InstanceReference;
      readonly frame?: number;
      readonly graphicType: GraphicType;
      /** Column, row of the image; sub-pixel. */
      readonly points: readonly number[];
    };

/** Where the segmented images are: their series, or single images. */
export interface SegmentationSource {
  readonly seriesInstanceUid?: string;
  readonly images?: readonly InstanceReference[];
}

export type MeasurementGroup =
  | (GroupBase & {
      readonly kind: 'volumetric';
      readonly region: VolumeRegion;
      readonly source: SegmentationSource;
    })
  | (GroupBase & {
      readonly kind: 'planar';
      readonly region: PlanarRegion;
      readonly source?: SegmentationSource;
    })
  /** TID 1501: numbers without a region, such as whole-patient sums, registration and image quality. */
  | (GroupBase & {
      readonly kind: 'general';
      /** Objects the numbers are about, such as a Spatial Registration. */
      readonly references?: readonly { readonly name: Code; readonly instance: InstanceReference }[];
    });

/** Who took responsibility, PS3.3 Table C.17-2, (0040,A073). */
export interface Verification {
  readonly observerName: string;
  readonly organization: string;
  /** ISO 8601, with zone if known. */
  readonly at: string;
  readonly observerCode?: Code;
}
