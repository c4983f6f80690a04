import { z } from 'zod';
import { tlsClient } from './tls.ts';

/** What this node has for an inference server. It is sent to that server alone, whatever the `url` of a model says. */
export const modelServer = z
  .strictObject({
    url: z
      .url({ protocol: /^(https?|grpcs?)$/ })
      .describe('Protocol, host and port as in the `url` of the models, e.g. grpcs://triton.example:8001.'),
    tls: tlsClient.optional().describe('Default: the authorities of Node, and no certificate of ours.'),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('Sent as `Authorization: Bearer`; may name an environment variable in dollar-braces.'),
  })
  .superRefine(({ url, tls, token }, context) => {
    if (/^(https|grpcs):/.test(url)) return;
    const given = [...(tls === undefined ? [] : ['tls']), ...(token === undefined ? [] : ['token'])];
    for (const name of given)
      context.addIssue({ code: 'custom', path: [name], message: 'only over https or grpcs' });
  });
export type ModelServer = z.infer<typeof modelServer>;
