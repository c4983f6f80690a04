import type { Code } from '../../codes/index.ts';

/** Relationship Type (0040,A010), PS3.3 C.17.3.2.4. */
export type Relationship =
  | 'CONTAINS'
  | 'HAS OBS CONTEXT'
  | 'HAS ACQ CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM'
  | 'SELECTED FROM';

/** A SOP instance that a content item points to. */
export interface SopReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** 1-based frame numbers; all frames when absent. */
  readonly frames?: readonly number[];
  /** Segment numbers of a segmentation; all segments when absent. */
  readonly segments?: readonly number[];
}

interface Common {
  readonly name?: Code;
  /** Absent on the root only. */
  readonly relationship?: Relationship;
  readonly children: readonly ContentItem[];
}

/** SCOORD graphic types, PS3.3 C.18.6.1.2; points are column, row of the referenced image, 1.0 past its corner. */
export type GraphicType = 'POINT' | 'MULTIPOINT' | 'POLYLINE' | 'CIRCLE' | 'ELLIPSE';
/** SCOORD3D graphic types, PS3.3 C.18.9.1.2; points are LPS mm. */
export type GraphicType3d = 'POINT' | 'MULTIPOINT' | 'POLYLINE' | 'POLYGON' | 'ELLIPSE' | 'ELLIPSOID';

/** One node of the SR tree, PS3.3 C.17.3. The value types are discriminated by `type`. */
export type ContentItem =
  | (Common & {
      readonly type: 'CONTAINER';
      readonly continuity: 'SEPARATE' | 'CONTINUOUS';
      /** Template of the DICOM Content Mapping Resource, e.g. `1411`. */
      readonly template?: string;
    })
  | (Common & { readonly type: 'CODE'; readonly value: Code })
  | (Common & {
      readonly type: 'TEXT' | 'UIDREF' | 'PNAME' | 'DATE' | 'TIME' | 'DATETIME';
      readonly value: string;
    })
  | (Common & {
      readonly type: 'NUM';
      /** Absent when the measurement has no value; then `qualifier` says why. */
      readonly value?: number;
      readonly unit?: Code;
      readonly qualifier?: Code;
    })
  | (Common & { readonly type: 'IMAGE' | 'COMPOSITE' | 'WAVEFORM'; readonly reference: SopReference })
  | (Common & {
      readonly type: 'SCOORD';
      readonly graphicType: GraphicType;
      readonly points: readonly number[];
    })
  | (Common & {
      readonly type: 'SCOORD3D';
      readonly graphicType: GraphicType3d;
      readonly points: readonly number[];
      readonly frameOfReferenceUid: string;
    })
  | (Common & { readonly type: 'TCOORD' })
  /** By-reference relationship: the position of the target, 1-based ordinals from the root. */
  | (Common & { readonly type: 'REFERENCE'; readonly path: readonly number[] });

export type ValueType = ContentItem['type'];
type WithType<Item, T> = Item extends { readonly type: infer Types }
  ? T extends Types
    ? Item
    : never
  : never;
/** The member of ContentItem that can have this value type. */
export type ItemOf<T extends ValueType> = WithType<ContentItem, T>;
