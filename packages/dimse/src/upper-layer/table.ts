/**
 * The state machine of the DICOM upper layer as data: PS3.8 section 9.2, tables 9-1 to 9-10. Nothing here does
 * anything; `UpperLayer` carries the effects out.
 */

/** PS3.8 tables 9-1 to 9-5. */
export const STATES = {
  Sta1: 'idle',
  Sta2: 'transport open, awaiting A-ASSOCIATE-RQ',
  Sta3: 'awaiting local A-ASSOCIATE response',
  Sta4: 'awaiting transport connection',
  Sta5: 'awaiting A-ASSOCIATE-AC or -RJ',
  Sta6: 'association established',
  Sta7: 'awaiting A-RELEASE-RP',
  Sta8: 'awaiting local A-RELEASE response',
  Sta9: 'release collision, requestor: awaiting local A-RELEASE response',
  Sta10: 'release collision, acceptor: awaiting A-RELEASE-RP',
  Sta11: 'release collision, requestor: awaiting A-RELEASE-RP',
  Sta12: 'release collision, acceptor: awaiting local A-RELEASE response',
  Sta13: 'awaiting close of the transport connection',
} as const;
export type State = keyof typeof STATES;

/** PS3.8 table 9-10, first column. */
export const EVENTS = {
  Evt1: 'A-ASSOCIATE request (local)',
  Evt2: 'transport connection confirmed',
  Evt3: 'A-ASSOCIATE-AC received',
  Evt4: 'A-ASSOCIATE-RJ received',
  Evt5: 'transport connection indicated',
  Evt6: 'A-ASSOCIATE-RQ received',
  Evt7: 'A-ASSOCIATE response accept (local)',
  Evt8: 'A-ASSOCIATE response reject (local)',
  Evt9: 'P-DATA request (local)',
  Evt10: 'P-DATA-TF received',
  Evt11: 'A-RELEASE request (local)',
  Evt12: 'A-RELEASE-RQ received',
  Evt13: 'A-RELEASE-RP received',
  Evt14: 'A-RELEASE response (local)',
  Evt15: 'A-ABORT request (local)',
  Evt16: 'A-ABORT received',
  Evt17: 'transport connection closed',
  Evt18: 'ARTIM timer expired',
  Evt19: 'unrecognized or invalid PDU received',
} as const;
export type Event = keyof typeof EVENTS;

/** What an action asks of the machine, in the order in which it happens. */
export type Effect =
  | 'connect'
  | 'send-associate-request'
  | 'send-associate-accept'
  | 'send-associate-reject'
  | 'send-provider-reject'
  | 'send-data'
  | 'send-release-request'
  | 'send-release-reply'
  | 'send-user-abort'
  | 'send-provider-abort'
  | 'indicate-associate'
  | 'confirm-associate'
  | 'indicate-data'
  | 'indicate-release'
  | 'confirm-release'
  | 'indicate-abort'
  | 'indicate-provider-abort'
  | 'start-artim'
  | 'stop-artim'
  | 'close';

interface Outcome {
  readonly effects: readonly Effect[];
  readonly next: State;
}

const outcome = (next: State, ...effects: Effect[]): Outcome => ({ effects, next });

/** PS3.8 tables 9-6 to 9-9. AE-6 and AR-8 depend on a fact and are split into their two branches. */
const ACTIONS = {
  'AE-1': outcome('Sta4', 'connect'),
  'AE-2': outcome('Sta5', 'send-associate-request'),
  'AE-3': outcome('Sta6', 'confirm-associate'),
  'AE-4': outcome('Sta1', 'confirm-associate', 'close'),
  'AE-5': outcome('Sta2', 'start-artim'),
  'AE-6 acceptable': outcome('Sta3', 'stop-artim', 'indicate-associate'),
  'AE-6 unacceptable': outcome('Sta13', 'stop-artim', 'send-provider-reject', 'start-artim'),
  'AE-7': outcome('Sta6', 'send-associate-accept'),
  'AE-8': outcome('Sta13', 'send-associate-reject', 'start-artim'),
  'DT-1': outcome('Sta6', 'send-data'),
  'DT-2': outcome('Sta6', 'indicate-data'),
  'AR-1': outcome('Sta7', 'send-release-request'),
  'AR-2': outcome('Sta8', 'indicate-release'),
  'AR-3': outcome('Sta1', 'confirm-release', 'close'),
  'AR-4': outcome('Sta13', 'send-release-reply', 'start-artim'),
  'AR-5': outcome('Sta1', 'stop-artim'),
  'AR-6': outcome('Sta7', 'indicate-data'),
  'AR-7': outcome('Sta8', 'send-data'),
  'AR-8 requestor': outcome('Sta9', 'indicate-release'),
  'AR-8 acceptor': outcome('Sta10', 'indicate-release'),
  'AR-9': outcome('Sta11', 'send-release-reply'),
  'AR-10': outcome('Sta12', 'confirm-release'),
  'AA-1': outcome('Sta13', 'send-user-abort', 'start-artim'),
  'AA-2': outcome('Sta1', 'stop-artim', 'close'),
  'AA-3': outcome('Sta1', 'indicate-abort', 'close'),
  'AA-4': outcome('Sta1', 'indicate-provider-abort'),
  'AA-5': outcome('Sta1', 'stop-artim'),
  'AA-6': outcome('Sta13'),
  'AA-7': outcome('Sta13', 'send-provider-abort'),
  'AA-8': outcome('Sta13', 'send-provider-abort', 'indicate-provider-abort', 'start-artim'),
} satisfies Record<string, Outcome>;
export type Action = keyof typeof ACTIONS;

/** PS3.8 table 9-10: a row for each event, a column for each state, `-` where the event cannot occur. */
const ROWS: Record<Event, string> = {
  //       1    2    3    4    5    6    7    8    9    10    11   12   13
  Evt1: '  AE-1 -    -    -    -    -    -    -    -    -     -    -    -   ',
  Evt2: '  -    -    -    AE-2 -    -    -    -    -    -     -    -    -   ',
  Evt3: '  -    AA-1 AA-8 -    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6',
  Evt4: '  -    AA-1 AA-8 -    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6',
  Evt5: '  AE-5 -    -    -    -    -    -    -    -    -     -    -    -   ',
  Evt6: '  -    AE-6 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7',
  Evt7: '  -    -    AE-7 -    -    -    -    -    -    -     -    -    -   ',
  Evt8: '  -    -    AE-8 -    -    -    -    -    -    -     -    -    -   ',
  Evt9: '  -    -    -    -    -    DT-1 -    AR-7 -    -     -    -    -   ',
  Evt10: ' -    AA-1 AA-8 -    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6',
  Evt11: ' -    -    -    -    -    AR-1 -    -    -    -     -    -    -   ',
  Evt12: ' -    AA-1 AA-8 -    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6',
  Evt13: ' -    AA-1 AA-8 -    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6',
  Evt14: ' -    -    -    -    -    -    -    AR-4 AR-9 -     -    AR-4 -   ',
  Evt15: ' -    -    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 -   ',
  Evt16: ' -    AA-2 AA-3 -    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2',
  Evt17: ' -    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5',
  Evt18: ' -    AA-2 -    -    -    -    -    -    -    -     -    -    AA-2',
  Evt19: ' -    AA-1 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7',
};

const stateNames = Object.keys(STATES) as State[];

const CELLS = Object.fromEntries(
  (Object.keys(ROWS) as Event[]).map((event) => [event, ROWS[event].trim().split(/ +/)]),
) as Record<Event, string[]>;

/** What the two branching actions depend on. */
export interface Facts {
  /** AE-6: the provider can take the request (protocol version, application context, limits). */
  readonly isAcceptable: boolean;
  /** AR-8: this side requested the association. */
  readonly isRequestor: boolean;
}

/** The step for an event in a state, or undefined where table 9-10 has no entry. */
export function step(
  state: State,
  event: Event,
  facts: Facts,
): { readonly action: Action; readonly effects: readonly Effect[]; readonly next: State } | undefined {
  const cell = CELLS[event][stateNames.indexOf(state)];
  if (cell === undefined || cell === '-') return undefined;
  const action = branch(cell, facts);
  return { action, ...ACTIONS[action] };
}

function branch(cell: string, facts: Facts): Action {
  if (cell === 'AE-6') return facts.isAcceptable ? 'AE-6 acceptable' : 'AE-6 unacceptable';
  if (cell === 'AR-8') return facts.isRequestor ? 'AR-8 requestor' : 'AR-8 acceptor';
  return cell as Action;
}
