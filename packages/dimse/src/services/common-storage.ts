import type { ProposedSyntaxes } from '../association/index.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';

/** SOP classes below 1.2.840.10008.5.1.4.1.1 that archives of today hold, the most common first. */
const CLASSES: readonly string[] = [
  // CT, MR, PET, NM, US, CR, DX, mammography, XA, RF, secondary capture
  ...['2', '4', '128', '20', '6.1', '3.1', '1', '1.1', '1.1.1', '1.2', '1.2.1', '12.1', '12.2', '7'],
  // enhanced CT, MR, PET, converted ones, XA, XRF, tomosynthesis, 3D angiography
  ...['2.1', '4.1', '130', '2.2', '4.4', '128.1', '12.1.1', '12.2.1', '13.1.3', '13.1.1', '4.2', '6.2'],
  // secondary captures of several frames
  ...['7.1', '7.2', '7.3', '7.4'],
  // segmentation, label map, surface, registration, fiducials, deformable, real world values, parametric map, raw
  ...['66.4', '66.7', '66.5', '66.1', '66.2', '66.3', '67', '30', '66'],
  // structured reports, key objects, CAD, dose
  ...['88.11', '88.22', '88.33', '88.34', '88.59', '88.50', '88.65', '88.67', '88.68', '88.69'],
  // presentation states, encapsulated documents
  ...['11.1', '11.2', '11.4', '104.1', '104.2'],
  // radiotherapy
  ...['481.1', '481.2', '481.3', '481.5'],
  // visible light, ophthalmology, intra-oral
  ...['77.1.4', '77.1.1', '77.1.5.1', '77.1.5.4'],
];

/** Lossless first; a sender that holds a lossy original can still give it. */
const COMPRESSED: readonly string[] = [
  ...[
    '4.80',
    '4.70',
    '4.90',
    '5',
    '4.57',
    '4.201',
    '4.202',
    '4.50',
    '4.51',
    '4.81',
    '4.91',
    '4.203',
    '4.100',
  ],
].map((suffix) => `1.2.840.10008.1.2.${suffix}`);

/**
 * Contexts for a C-GET of who knows what: the common storage classes, each uncompressed and compressed. Together
 * with the retrieve class they fill one association. Who knows the classes asks for those with `storageContexts`.
 */
export function commonStorageContexts(): ProposedSyntaxes[] {
  const { explicitLittleEndian, implicitLittleEndian } = TRANSFER_SYNTAX;
  return CLASSES.flatMap((suffix) => {
    const abstractSyntax = `1.2.840.10008.5.1.4.1.1.${suffix}`;
    return [
      { abstractSyntax, transferSyntaxes: [explicitLittleEndian, implicitLittleEndian] },
      { abstractSyntax, transferSyntaxes: COMPRESSED },
    ];
  });
}
