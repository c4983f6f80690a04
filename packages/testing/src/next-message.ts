import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What a process says next. Throws where it ends instead: a test would wait for it to its own end. */
export async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const heard = new AbortController();
  const { signal } = heard;
  const ended = once(child, 'exit', { signal }).then(([status, killedBy]) => {
    throw new Error(`the process ended with ${status ?? killedBy} before it said anything`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    ended.catch(() => {});
    heard.abort();
  }
}
