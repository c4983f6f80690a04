/** Status values of PS3.7 annex C and of the storage service class, PS3.4 table B.2-1. */
export const STATUS = {
  success: 0x0000,
  pending: 0xff00,
  pendingWithoutKeys: 0xff01,
  cancel: 0xfe00,
  invalidAttributeValue: 0x0106,
  processingFailure: 0x0110,
  duplicateInstance: 0x0111,
  noSuchInstance: 0x0112,
  noSuchEventType: 0x0113,
  invalidArgumentValue: 0x0115,
  noSuchSopClass: 0x0118,
  invalidSopInstance: 0x0117,
  missingAttribute: 0x0120,
  sopClassNotSupported: 0x0122,
  noSuchAction: 0x0123,
  notAuthorized: 0x0124,
  unrecognizedOperation: 0x0211,
  outOfResources: 0xa700,
  cannotCount: 0xa701,
  cannotPerformSuboperations: 0xa702,
  unknownDestination: 0xa801,
  dataSetDoesNotMatch: 0xa900,
  cannotUnderstand: 0xc000,
  coercionOfDataElements: 0xb000,
} as const;

export type StatusCategory = 'success' | 'warning' | 'pending' | 'cancel' | 'failure';

/** PS3.7 annex C. */
export function statusCategory(status: number): StatusCategory {
  if (status === 0) return 'success';
  if (status === 0xff00 || status === 0xff01) return 'pending';
  if (status === 0xfe00) return 'cancel';
  if (status === 0x0001 || status === 0x0107 || status === 0x0116 || status >> 12 === 0xb) return 'warning';
  return 'failure';
}

const TEXTS: Record<number, string> = {
  0: 'success',
  261: 'no such attribute',
  262: 'invalid attribute value',
  263: 'attribute list error',
  272: 'processing failure',
  273: 'duplicate SOP instance',
  274: 'no such SOP instance',
  275: 'no such event type',
  277: 'invalid argument value',
  278: 'attribute value out of range',
  279: 'invalid SOP instance',
  280: 'no such SOP class',
  281: 'class and instance do not agree',
  288: 'missing attribute',
  289: 'missing attribute value',
  290: 'SOP class not supported',
  291: 'no such action type',
  292: 'not authorized',
  528: 'duplicate invocation',
  529: 'unrecognized operation',
  530: 'mistyped argument',
  531: 'resource limitation',
  42752: 'refused: out of resources',
  42753: 'out of resources: unable to count matches',
  42754: 'out of resources: unable to perform sub-operations',
  43009: 'refused: move destination unknown',
  43264: 'data set does not match SOP class',
  45056: 'coercion of data elements',
  45062: 'elements discarded',
  45063: 'data set does not match SOP class (warning)',
  49442: 'transfer syntax not supported',
  1: 'requested optional attributes are not supported',
  45824: 'created with modifications',
  45825: 'deletion lock not granted',
  45828: 'the work item is already CANCELED',
  45829: 'invalid values were coerced',
  45830: 'the work item is already COMPLETED',
  49920: 'the work item may no longer be updated',
  49921: 'not the transaction UID of the work item',
  49922: 'the work item is already IN PROGRESS',
  49923: 'a work item becomes SCHEDULED by its creation only',
  49924: 'the work item lacks what its final state needs',
  49927: 'no such work item',
  49928: 'the receiving AE title is unknown',
  49929: 'a new work item must be SCHEDULED',
  49936: 'the work item is not IN PROGRESS',
  49937: 'the work item is already COMPLETED',
  49938: 'the performer cannot be contacted',
  49939: 'the performer does not cancel',
  49940: 'the action does not fit this instance',
  49941: 'event reports are not supported',
  65024: 'cancelled',
  65280: 'pending',
  65281: 'pending, optional keys not supported',
};

/** A status in words with its code: `refused: out of resources (A700)`. */
export function statusText(status: number): string {
  const code = status.toString(16).toUpperCase().padStart(4, '0');
  return `${TEXTS[status] ?? family(status)} (${code})`;
}

function family(status: number): string {
  if (status >> 8 === 0xa7) return 'refused: out of resources';
  if (status >> 8 === 0xa9) return 'data set does not match SOP class';
  if (status >> 12 === 0xc) return 'cannot understand';
  return statusCategory(status);
}
