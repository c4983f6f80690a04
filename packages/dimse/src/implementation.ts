/** How this package names itself in associations and files (PS3.7 D.3.3.2). */
export const IMPLEMENTATION_CLASS_UID = '2.25.232172497463736486942158480026582932898';
export const IMPLEMENTATION_VERSION_NAME = 'PHOTOPEAK_0_1';
