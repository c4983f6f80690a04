import { PhotopeakError } from '@photopeak/imaging';

/** HL7 table 0357, message error condition codes: the ones that this node answers. */
export const errorConditions = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  103: 'Table value not found',
  200: 'Unsupported message type',
  201: 'Unsupported event code',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
  204: 'Unknown key identifier',
  205: 'Duplicate key identifier',
  207: 'Application internal error',
} as const;
export type ErrorCondition = keyof typeof errorConditions;

/** A place in a message: segment, which one of its name (from 1), field. */
export interface Hl7Location {
  readonly segment: string;
  readonly sequence?: number;
  readonly field?: number;
}

/** What is wrong with a message, in the words of HL7. Texts never hold content of the message. */
export class Hl7Error extends PhotopeakError {
  readonly condition: ErrorCondition;
  readonly location: Hl7Location | undefined;
  /** Refused before its content was looked at (AR), rather than an error in the content (AE). */
  readonly isReject: boolean;

  constructor(
    message: string,
    details: {
      readonly code: string;
      readonly condition: ErrorCondition;
      readonly location?: Hl7Location;
      readonly expected?: string;
      readonly found?: string;
      readonly remedy?: string;
    },
  ) {
    const { condition, location, ...rest } = details;
    super(message, location === undefined ? rest : { ...rest, where: locationText(location) });
    this.name = 'Hl7Error';
    this.condition = condition;
    this.location = location;
    this.isReject = condition >= 200 && condition <= 203;
  }
}

/** `PID-3`, `OBX[2]-5`, `MSH`. */
function locationText({ segment, sequence, field }: Hl7Location): string {
  const index = sequence === undefined || sequence === 1 ? '' : `[${sequence}]`;
  return `${segment}${index}${field === undefined ? '' : `-${field}`}`;
}
