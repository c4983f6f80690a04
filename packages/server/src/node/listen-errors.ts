import { PhotopeakError } from '@photopeak/imaging';

/** Why a listener could not be opened, by the code of the operating system. */
const REASONS: Readonly<Record<string, { readonly code: string; readonly text: string; remedy: string }>> = {
  EADDRINUSE: {
    code: 'NODE_PORT_IN_USE',
    text: 'another program listens on this port',
    remedy: 'stop it (perhaps this node runs already), or choose another port',
  },
  EACCES: {
    code: 'NODE_PORT_REFUSED',
    text: 'this account may not listen on this port',
    remedy: 'choose a port from 1024 on, or give the program the right to use lower ones',
  },
  EADDRNOTAVAIL: {
    code: 'NODE_ADDRESS_ABSENT',
    text: 'this machine does not have the address to listen on',
    remedy: 'set the host to an address of this machine, or to 0.0.0.0 for all of them',
  },
};

/** Opens a listener; an error of the operating system becomes one that says which setting to change. */
export async function listening<T>(
  setting: string,
  address: { readonly host: string; readonly port: number },
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    const reason = REASONS[(cause as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw cause;
    throw new PhotopeakError(reason.text, {
      code: reason.code,
      where: `${setting} ${address.host}:${address.port}`,
      remedy: `${reason.remedy} (${setting} in photopeak.yaml; --port and --dicom-port of npm start)`,
      cause,
    });
  }
}
