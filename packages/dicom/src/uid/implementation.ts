/** Implementation Class UID (0002,0012) of what this software writes; fixed, from a random UUID (PS3.5 annex B.2). */
export const implementationClassUid = '2.25.35392847470642897837966227670306942591';
/** Implementation Version Name (0002,0013), at most 16 characters. */
export const implementationVersionName = 'PHOTOPEAK_0_1';
