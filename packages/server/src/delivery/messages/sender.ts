import { PhotopeakError } from '@photopeak/imaging';

/** What a destination said about a message. Texts hold codes, never what the destination quoted. */
export type MessageOutcome =
  | { readonly result: 'acknowledged' }
  | { readonly result: 'refused'; readonly isTransient: boolean; readonly text: string }
  | { readonly result: 'unknown'; readonly text: string };

export interface MessageSender {
  /** Sends one message; never throws for the destination. The same content again must do nothing twice there. */
  send(content: string, signal: AbortSignal): Promise<MessageOutcome>;
  close(): void;
}

export function failureOf(error: unknown): MessageOutcome {
  if (error instanceof PhotopeakError) {
    const found = error.found === undefined ? '' : ` (${error.found})`;
    return { result: 'unknown', text: `${error.code}: ${error.message}${found}` };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { result: 'unknown', text: `${code || 'failed'}: ${error instanceof Error ? error.name : 'error'}` };
}
