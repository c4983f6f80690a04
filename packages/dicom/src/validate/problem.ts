/** Every kind of problem that `validate` reports. */
export const problemCodes = {
  ATTRIBUTE_MISSING: 'An attribute that the standard requires is absent.',
  ATTRIBUTE_EMPTY: 'An attribute that must have a value is empty.',
  ATTRIBUTE_NOT_ALLOWED: 'An attribute is present that must not be.',
  VALUE_NOT_ENUMERATED: 'A value is not among those that the standard allows.',
  VALUE_MULTIPLICITY: 'An attribute has too few or too many values or items.',
  VALUE_MALFORMED: 'A value does not have the form of its value representation.',
  CODE_INCOMPLETE: 'A code lacks value, scheme or meaning.',
  CODE_SCHEME_UNDECLARED: 'A private coding scheme is used and not declared.',
  PIXELS_INCONSISTENT: 'The pixel data and the attributes that describe it disagree.',
  GEOMETRY_INVALID: 'A position, orientation or matrix is impossible.',
  REFERENCE_UNLISTED: 'An instance is referenced that the object does not list.',
  REFERENCE_CONTRADICTORY: 'An instance is listed in two places that exclude each other.',
  SEGMENT_INCONSISTENT: 'Segments, frames and dimensions of a segmentation disagree.',
  REPORT_RULE: 'The content tree breaks a rule of its template or SOP class.',
  IMAGE_RULE: 'An image breaks a rule of its kind.',
  SOP_CLASS_UNKNOWN: 'There are no rules for this SOP class here; only general ones were checked.',
} as const;

export type ProblemCode = keyof typeof problemCodes;

export interface Problem {
  readonly code: ProblemCode;
  /** `error`: not conformant. `warning`: allowed, or taken over from the source, but worth a look. */
  readonly severity: 'error' | 'warning';
  /** Path to the attribute or content item, e.g. `SegmentSequence[2].SegmentLabel` or `content 1.4.2`. */
  readonly where: string;
  /** No patient data: names, not values, except for defined terms. */
  readonly message: string;
  /** Section of the standard. */
  readonly section: string;
}

export type Report = (
  problem: Omit<Problem, 'severity'> & { readonly severity?: Problem['severity'] },
) => void;
