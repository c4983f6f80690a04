import { z } from 'zod';

/** What `photopeak.yaml` says of TLS: files in PEM, paths as this process sees them. */

const file = z.string().min(1).max(4096);

/** Where this node connects to a peer. */
export const tlsClient = z.strictObject({
  authorities: file.optional().describe('PEM file; default: the authorities of Node.'),
  certificate: file.optional().describe('PEM file, where the peer asks for one.'),
  key: file.optional().describe('PEM file: the key of `certificate`.'),
  serverName: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe('Name that the certificate of the peer must be for; default: `host`.'),
});
export type TlsClient = z.infer<typeof tlsClient>;

/** Where peers connect to this node. */
export const tlsServer = z.strictObject({
  certificate: file.describe('PEM file: the certificate of this node, intermediate ones after it.'),
  key: file.describe('PEM file.'),
  authorities: file.optional().describe('PEM file: only clients with a certificate of these are let in.'),
});
export type TlsServer = z.infer<typeof tlsServer>;

/** The DICOM listener over TLS, beside the plain one or instead of it. */
export const dicomTls = tlsServer
  .extend({
    authorities: file.optional().describe('PEM file: whose certificates of clients are trusted.'),
    port: z
      .int()
      .min(0)
      .max(65535)
      .default(2762)
      .describe('Port of the TLS listener (2762 is dicom-tls); 0 takes any free port.'),
    only: z.boolean().default(false).describe('Listen over TLS alone: `dicom.port` is not opened.'),
    profile: z
      .enum(['bcp195', 'tls1.3'])
      .default('bcp195')
      .describe('Non-downgrading BCP 195 profile of PS3.15 B.10 (TLS 1.2 and 1.3), or TLS 1.3 alone.'),
    clientCertificates: z
      .enum(['required', 'optional', 'none'])
      .default('required')
      .describe('Whether a client must show a certificate of `authorities`.'),
  })
  .superRefine((value, context) => {
    if (value.clientCertificates === 'none' || value.authorities !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['authorities'],
      message: 'needed to check the certificates of clients; or say clientCertificates: none',
    });
  });
export type DicomTls = z.infer<typeof dicomTls>;

/** Who this node is at a DICOM peer that asks for a user (PS3.7 D.3.3.7). */
export const dicomUser = z.strictObject({
  username: z.string().min(1).max(256),
  password: z
    .string()
    .max(1024)
    .optional()
    .describe('Sent as passcode; may name an environment variable in dollar-braces.'),
});

/** What every DICOM peer that this node calls may have besides its address. */
export const dicomPeerSecurity = {
  tls: tlsClient.optional().describe('Left out: the association is not encrypted. `{}` is enough for TLS.'),
  user: dicomUser.optional().describe('User identity that is told when the association is opened.'),
};
