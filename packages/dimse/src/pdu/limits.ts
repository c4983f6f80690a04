/** What untrusted bytes may ask for. Everything beyond is an invalid PDU. */

/** Header of a P-DATA-TF PDU (6) and of the presentation data value in it (4 + context + control). */
export const PDU_HEADER_BYTES = 6;
export const FRAGMENT_HEADER_BYTES = 6;

/** Context ids are the odd numbers of one byte (PS3.8 9.3.2.2). */
export const MAX_CONTEXTS = 128;

/** 128 contexts with 64 transfer syntaxes each of 64 bytes are 0.55 MB: more than any peer of the field sends. */
export const MAX_ASSOCIATE_BYTES = 1024 * 1024;

/** Reject, release and abort are 4 bytes; a little slack for peers that pad. */
export const MAX_CONTROL_BYTES = 64;

/** The default of what we offer to receive. Larger ones gain nothing measurable, smaller ones cost system calls. */
export const DEFAULT_MAX_PDU_LENGTH = 256 * 1024;

/** Some peers count the maximum without the headers of the PDU or of the fragment. */
export const PDU_LENGTH_TOLERANCE = PDU_HEADER_BYTES + FRAGMENT_HEADER_BYTES;

/** The smallest maximum that a peer may ask for; a smaller one could not hold a useful fragment. */
export const MIN_PEER_PDU_LENGTH = 128;

/** PS3.5: an AE title has at most 16 characters, a UID at most 64. */
export const MAX_AE_TITLE = 16;
export const MAX_UID = 64;
