import type { Code } from '../../codes/index.ts';
import type {
  ContentItem,
  GraphicType,
  GraphicType3d,
  ItemOf,
  Relationship,
  SopReference,
} from './content-item.ts';

/** Makers of content items; children come last, absent ones (`undefined`) are dropped. */
type Child = ContentItem | undefined;

const present = (children: readonly Child[]): readonly ContentItem[] =>
  children.filter((child) => child !== undefined);

export const container = (
  relationship: Relationship | undefined,
  name: Code,
  children: readonly Child[],
  template?: string,
): ItemOf<'CONTAINER'> => ({
  type: 'CONTAINER',
  name,
  ...(relationship === undefined ? {} : { relationship }),
  continuity: 'SEPARATE',
  ...(template === undefined ? {} : { template }),
  children: present(children),
});

export const codeValue = (
  relationship: Relationship,
  name: Code,
  value: Code,
  children: readonly Child[] = [],
): ContentItem => ({ type: 'CODE', relationship, name, value, children: present(children) });

export const textValue = (
  relationship: Relationship,
  name: Code,
  value: string,
  type: 'TEXT' | 'UIDREF' | 'PNAME' = 'TEXT',
): ContentItem => ({ type, relationship, name, value, children: [] });

export const uidValue = (relationship: Relationship, name: Code, value: string): ContentItem =>
  textValue(relationship, name, value, 'UIDREF');

export const numericValue = (
  name: Code,
  measured: { readonly value?: number; readonly unit: Code; readonly qualifier?: Code },
  children: readonly Child[] = [],
): ContentItem => ({ type: 'NUM', relationship: 'CONTAINS', name, ...measured, children: present(children) });

export const image = (
  relationship: Relationship,
  name: Code | undefined,
  reference: SopReference,
): ContentItem => ({
  type: 'IMAGE',
  relationship,
  ...(name === undefined ? {} : { name }),
  reference,
  children: [],
});

export const composite = (
  relationship: Relationship,
  name: Code | undefined,
  reference: SopReference,
): ContentItem => ({
  type: 'COMPOSITE',
  relationship,
  ...(name === undefined ? {} : { name }),
  reference,
  children: [],
});

/** Spatial coordinates on one image; SELECTED FROM is mandatory (PS3.3 Table C.17.3-8). */
export const coordinates = (
  name: Code,
  graphicType: GraphicType,
  points: readonly number[],
  from: SopReference,
): ContentItem => ({
  type: 'SCOORD',
  relationship: 'CONTAINS',
  name,
  graphicType,
  points,
  children: [image('SELECTED FROM', undefined, from)],
});

export const coordinates3d = (
  name: Code,
  graphicType: GraphicType3d,
  points: readonly number[],
  frameOfReferenceUid: string,
): ContentItem => ({
  type: 'SCOORD3D',
  relationship: 'CONTAINS',
  name,
  graphicType,
  points,
  frameOfReferenceUid,
  children: [],
});
