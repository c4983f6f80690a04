import { z } from 'zod';

/** Names of sources, destinations, routes: what people write and logs show. */
export const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore');

/** PS3.8 §9.3.2: at most 16 characters, no backslash or control characters. */
export const aeTitle = z
  .string()
  .min(1)
  .max(16)
  .regex(/^[^\\\p{Cc}]+$/u, 'an AE title holds no backslash and no control character');
