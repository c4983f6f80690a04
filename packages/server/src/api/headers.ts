import type { FastifyReply } from 'fastify';

/**
 * Headers of every answer. Cross-origin isolation gives the viewer shared memory; the policy lets the page load
 * nothing from elsewhere (WASM needs `wasm-unsafe-eval`, workers come from blobs).
 */
const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'SAMEORIGIN',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' blob: data:; frame-ancestors 'self'; base-uri 'self'; form-action 'self'",
};

/** Adds those that the answer does not set itself. */
export function addCommonHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!reply.hasHeader(name)) void reply.header(name, value);
  }
}
