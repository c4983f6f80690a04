import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { PhotopeakError } from '@photopeak/imaging';

const unusable = (found: string) =>
  new PhotopeakError('the key cannot be used', {
    code: 'MODEL_KEY_UNUSABLE',
    expected: 'an Ed25519 key as PEM',
    found,
    remedy:
      'make one with: openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout',
  });

function ed25519(read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusable(String(key.asymmetricKeyType));
  return key;
}

const messageOf = (digest: string): Buffer => Buffer.from(`photopeak model ${digest}\n`);

/** Base64 Ed25519 signature (RFC 8032) of the digest of a package. Throws `MODEL_KEY_UNUSABLE`. */
export function signDigest(digest: string, privateKeyPem: string): string {
  const key = ed25519(() => createPrivateKey(privateKeyPem));
  return sign(null, messageOf(digest), key).toString('base64');
}

/** SHA-256 of the public key (SubjectPublicKeyInfo), hex. */
export function fingerprint(publicKeyPem: string): string {
  const key = ed25519(() => createPublicKey(publicKeyPem));
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/**
 * The fingerprint of the trusted key that signed a digest.
 * @throws PhotopeakError MODEL_SIGNATURE_WRONG where none of them did, MODEL_KEY_UNUSABLE
 */
export function verifySignature(digest: string, signature: string, trusted: readonly string[]): string {
  const bytes = Buffer.from(signature.trim(), 'base64');
  for (const pem of trusted) {
    const key = ed25519(() => createPublicKey(pem));
    if (verify(null, messageOf(digest), key, bytes)) return fingerprint(pem);
  }
  throw new PhotopeakError('the signature of the model is of nobody who is trusted', {
    code: 'MODEL_SIGNATURE_WRONG',
    expected: `a signature of this package by one of ${trusted.length} keys of models.trustedKeys`,
    remedy: 'ask its maker for the signature of exactly this package, or for the key',
  });
}
