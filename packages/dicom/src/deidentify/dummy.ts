import { type AnyValue, Dataset, type Vr } from '../data/index.ts';
import { REMOVED } from './identifiers.ts';

/** A date that is nobody's. */
const DUMMY_DATE = '19000101';

/** An empty page, for readers that open an encapsulated document. */
const EMPTY_PDF =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
  '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';

export const emptyDocument = (): Uint8Array =>
  Buffer.from(EMPTY_PDF.padEnd(Math.ceil(EMPTY_PDF.length / 2) * 2, '\n'));

/** A value without meaning that is valid for the VR (action D of PS3.15 table E.1-1a). */
export function dummyValue(vr: Vr): AnyValue {
  switch (vr) {
    case 'DA':
      return DUMMY_DATE;
    case 'DT':
      return `${DUMMY_DATE}000000`;
    case 'TM':
      return '000000';
    case 'AS':
      return '000Y';
    case 'DS':
    case 'IS':
      return '0';
    case 'UR':
      return 'urn:removed';
    case 'UI':
      return '2.25.0';
    case 'AT':
    case 'FD':
    case 'FL':
    case 'SL':
    case 'SS':
    case 'SV':
    case 'UL':
    case 'US':
    case 'UV':
      return 0;
    case 'OB':
    case 'OD':
    case 'OF':
    case 'OL':
    case 'OV':
    case 'OW':
    case 'UN':
      return new Uint8Array(8);
    case 'SQ':
      return [new Dataset()];
    default:
      return REMOVED;
  }
}
