export {
  type AckCode,
  type AcknowledgementMode,
  acknowledgementMode,
  writeAcknowledgement,
} from './acknowledge.ts';
export { decodeMessage, encodeMessage } from './character-set.ts';
export { Hl7Error } from './hl7-error.ts';
export { type Hl7Message, type Hl7Segment, type Hl7Value, parseMessage } from './message.ts';
export { createMllpClient, type MllpClient } from './mllp/client.ts';
export { type MllpPeer, type MllpServer, startMllpServer } from './mllp/server.ts';
export { type Hl7Moment, readMoment } from './time.ts';
export { type FieldContent, hl7Time, type SegmentContent, writeMessage } from './write-message.ts';
