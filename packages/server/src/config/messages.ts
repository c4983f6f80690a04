import { z } from 'zod';
import { aeTitle, name } from './terms.ts';
import { dicomPeerSecurity, tlsClient, tlsServer } from './tls.ts';

/** What `photopeak.yaml` says of HL7, FHIR and modality worklists. */

/** Destinations that take messages instead of instances; routes name them in `report`. */
export const messageDestinations = [
  z.strictObject({
    kind: z.literal('hl7'),
    name,
    host: z.string().min(1),
    port: z.int().min(1).max(65535),
    tls: tlsClient.optional(),
    application: z.string().max(64).default('').describe('MSH-5.'),
    facility: z.string().max(64).default('').describe('MSH-6.'),
    characterSet: z.enum(['UNICODE UTF-8', '8859/1', 'ASCII']).default('UNICODE UTF-8'),
    timeoutSeconds: z.number().min(0.1).max(600).default(30).describe('For each acknowledgement.'),
    priorities: z
      .enum(['none', 'ORM', 'OMI'])
      .default('none')
      .describe('Tell a raised priority of a study and its reason by ORM^O01 or OMI^O23.'),
  }),
  z.strictObject({
    kind: z.literal('fhir'),
    name,
    url: z.url().describe('FHIR R4 base, e.g. https://ehr.example/fhir'),
    username: z.string().optional(),
    password: z.string().optional(),
    token: z.string().optional().describe('Sent as `Authorization: Bearer`.'),
    timeoutSeconds: z.number().min(0.1).max(600).default(30),
  }),
] as const;

const seconds = z.number().min(0).max(86_400);

const oneOrMore = z.union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).min(1)]);

export const protocolSuggestion = z.strictObject({
  name,
  when: z
    .strictObject({
      modality: oneOrMore.optional(),
      station: oneOrMore.optional().describe('Scheduled station AE title.'),
      procedureCode: oneOrMore.optional(),
      bodyPart: oneOrMore.optional(),
      procedure: oneOrMore.optional().describe('Part of the description of the procedure.'),
      reason: oneOrMore
        .optional()
        .describe('Part of the reason for examination or the clinical information.'),
    })
    .describe('All that is given must hold; of a list one is enough. Case does not count.'),
  suggest: z.strictObject({
    text: z.string().min(1).max(256).describe('What the technologist reads.'),
    code: z
      .strictObject({ value: z.string().max(16), scheme: z.string().max(16), meaning: z.string().max(64) })
      .optional(),
  }),
});

export const hl7 = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Listen for HL7 version 2 messages (MLLP).'),
    host: z
      .string()
      .default('127.0.0.1')
      .describe('Address to listen on. Beyond loopback, `hl7.senders` must name who may send.'),
    port: z.int().min(0).max(65535).default(2575).describe('Port of the listener; 0 takes any free port.'),
    tls: tlsServer.optional(),
    application: z.string().max(64).default('PHOTOPEAK').describe('MSH-3 of what this node sends.'),
    facility: z.string().max(64).default('').describe('MSH-4 of what this node sends.'),
    senders: z
      .array(
        z.strictObject({
          application: z.string().min(1).max(227).describe('MSH-3, its first component.'),
          facility: z.string().max(227).optional().describe('MSH-4, its first component.'),
          address: z.string().optional().describe('If given, only from this IP address.'),
        }),
      )
      .default([])
      .describe('Who may send. Empty: anybody who can reach the loopback address.'),
    processingIds: z
      .array(z.enum(['P', 'T', 'D']))
      .min(1)
      .default(['P'])
      .describe('MSH-11 that is taken: production, training, debugging.'),
    patientIdIssuer: z
      .string()
      .max(64)
      .default('')
      .describe('Assigning authority (PID-3.4) of the Patient IDs in images that do not name one.'),
    maximumMessageKilobytes: z
      .int()
      .min(16)
      .max(65_536)
      .default(4096)
      .describe('Larger messages are refused.'),
    maximumConnections: z.int().min(1).max(1000).default(32),
    maximumConnectionsPerAddress: z
      .int()
      .min(1)
      .max(1000)
      .default(16)
      .describe('One more of the same address is closed.'),
    idleSeconds: seconds.default(3600).describe('A connection on which nothing happens is closed.'),
    messageSeconds: z
      .number()
      .min(1)
      .max(600)
      .default(30)
      .describe('A message must arrive within this time.'),
    keepDays: z
      .number()
      .min(1)
      .max(3650)
      .default(30)
      .describe('How long messages are kept to recognise repeats; their text is removed afterwards.'),
    matchHours: z
      .number()
      .min(0)
      .max(168)
      .default(12)
      .describe('Without a common number, an order and a study of one patient match within this time.'),
  })
  .prefault({});

export const worklistSource = z.strictObject({
  name,
  aeTitle: aeTitle.describe('Called AE title of the modality worklist.'),
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
  ...dicomPeerSecurity,
  modalities: z.array(z.string().min(1).max(16)).default([]).describe('Empty asks for all.'),
  stationAeTitle: aeTitle.optional(),
  pollSeconds: z.number().min(1).max(86_400).default(60),
  days: z.int().min(1).max(31).default(1).describe('Today and this many days in all.'),
});
