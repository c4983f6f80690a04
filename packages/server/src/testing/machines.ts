import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** A machine as far as the network is concerned: a network namespace with one cable to the machine of the test. */
export interface Machine {
  readonly name: string;
  /** Address of the machine of the test, as this one sees it. */
  readonly hostAddress: string;
  spawn(program: string, args: readonly string[], environment?: NodeJS.ProcessEnv): ChildProcess;
  /** Pulls the cable: packets vanish, connections stay open on both sides. */
  cut(): void;
  remove(): void;
}

function ip(...args: string[]): boolean {
  return spawnSync('ip', args, { encoding: 'utf8' }).status === 0;
}

/** Whether this process may make network namespaces: root with CAP_NET_ADMIN. */
export function canMakeMachines(): boolean {
  const name = `pp-${process.pid}-probe`;
  if (!ip('netns', 'add', name)) return false;
  return ip('netns', 'del', name);
}

/** `number` (0 … 200) tells the machines of one test apart. */
export function makeMachine(number: number): Machine {
  const name = `pp-${process.pid}-${number}`;
  // Names of interfaces have at most 15 characters.
  const here = `pp${process.pid % 100_000}h${number}`;
  const there = `pp${process.pid % 100_000}n${number}`;
  const subnet = `10.213.${(process.pid + number) % 250}`;
  const steps = [
    ['netns', 'add', name],
    ['link', 'add', here, 'type', 'veth', 'peer', 'name', there],
    ['link', 'set', there, 'netns', name],
    ['addr', 'add', `${subnet}.1/30`, 'dev', here],
    ['link', 'set', here, 'up'],
    ['netns', 'exec', name, 'ip', 'addr', 'add', `${subnet}.2/30`, 'dev', there],
    ['netns', 'exec', name, 'ip', 'link', 'set', there, 'up'],
    ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up'],
  ];
  for (const step of steps) {
    if (!ip(...step)) throw new Error(`ip ${step.join(' ')} failed`);
  }
  return {
    name,
    hostAddress: `${subnet}.1`,
    spawn: (program, args, environment = {}) =>
      spawn('ip', ['netns', 'exec', name, program, ...args], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    cut: () => void ip('link', 'set', here, 'down'),
    remove: () => {
      ip('link', 'del', here);
      ip('netns', 'del', name);
    },
  };
}

/**
 * Copies bytes between TCP and a unix socket, and notices a peer that is gone as PostgreSQL does over TCP: Node cannot
 * set the interval of keep-alive probes.
 */
const RELAY = `
import socket, sys, threading
def copy(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data: break
            b.sendall(data)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
server = socket.create_server((sys.argv[2], 0))
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    for option, value in ((socket.TCP_KEEPIDLE, 2), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 3), (socket.TCP_USER_TIMEOUT, 5000)):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    database = socket.socket(socket.AF_UNIX)
    database.connect(sys.argv[1])
    for pair in ((client, database), (database, client)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
`;

/** The embedded database listens on a unix socket only; this lets machines in over TCP. */
export async function relayTo(socketPath: string, address: string): Promise<{ port: number; close(): void }> {
  const child = spawn('/usr/bin/python3', ['-c', RELAY, socketPath, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()), close: () => void child.kill('SIGKILL') };
}
