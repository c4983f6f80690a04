export type { Action } from './action.ts';
export { ActionButton } from './action-button.tsx';
export { Dispatcher } from './dispatcher.ts';
export { HelpOverlay } from './help-overlay.tsx';
export { useKeys } from './use-keys.ts';
