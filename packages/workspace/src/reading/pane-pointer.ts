import { type RefObject, useEffect } from 'react';
import { subtract, type Vec3 } from '../geometry/index.ts';
import { type ReadingContext, state } from './context.ts';
import type { PaneDefinition } from './layouts.ts';
import { frameOf, page, pointUnder, triangulate } from './moves.ts';
import { shiftPet, turn } from './reading-state.ts';

type Gesture = 'triangulate' | 'window' | 'move' | 'pan' | 'zoom';

const PRIMARY = 0;
const MIDDLE = 1;
const SECONDARY = 2;
const DEGREES_PER_NOTCH = 10;
/** A moved PET is another texture: not one for each event of the mouse. */
const REDRAW_MS = 80;

function gestureOf(
  event: PointerEvent,
  context: ReadingContext,
  definition: PaneDefinition,
): Gesture | undefined {
  if (event.button === MIDDLE || (event.button === PRIMARY && event.shiftKey)) return 'pan';
  if (event.button === SECONDARY) return 'zoom';
  if (event.button !== PRIMARY) return undefined;
  const { tool, byHand } = state(context);
  // A projection has no depth to move along, and one image alone shows nothing of the other.
  const canMove = byHand?.kind === 'nudge' && definition.kind !== 'mip' && definition.show === 'fusion';
  return tool === 'move' && !canMove ? 'triangulate' : tool;
}

/** CT: across is width, down is level, one HU a pixel. PET: down lowers the upper end. */
function dragWindow(context: ReadingContext, definition: PaneDefinition, dx: number, dy: number): void {
  const { ctRange, petRange } = state(context);
  if (definition.show === 'pet') {
    const upper = Math.max(petRange[1] * (1 + dy * 0.005), 1e-3);
    context.store.setState({ petRange: [petRange[0], upper] });
    return;
  }
  const width = Math.max(ctRange[1] - ctRange[0] + 2 * dx, 1);
  const level = (ctRange[0] + ctRange[1]) / 2 + dy;
  context.store.setState({ ctRange: [level - width / 2, level + width / 2] });
}

/** Mouse and pen on one pane. */
export function usePanePointer(
  element: RefObject<HTMLElement | null>,
  definition: PaneDefinition,
  latest: RefObject<ReadingContext>,
): void {
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    let gesture: Gesture | undefined;
    let [lastX, lastY] = [0, 0];
    let lastMoved = 0;

    const position = (event: MouseEvent): readonly [number, number] => {
      const box = target.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const go = (event: PointerEvent) => {
      const point = pointUnder(latest.current, definition, ...position(event));
      if (point !== undefined) triangulate(latest.current, definition, point);
    };
    let lastPoint: Vec3 | undefined;
    const dragPet = (event: PointerEvent) => {
      if (event.timeStamp - lastMoved < REDRAW_MS && event.type === 'pointermove') return;
      const point = pointUnder(latest.current, definition, ...position(event));
      if (point !== undefined && lastPoint !== undefined) {
        shiftPet(latest.current.store, subtract(point, lastPoint));
        lastPoint = point;
        lastMoved = event.timeStamp;
      }
    };
    const hover = (event: PointerEvent) => {
      const point = pointUnder(latest.current, definition, ...position(event));
      const isProjected = definition.kind === 'mip';
      latest.current.store.setState({
        hover: point === undefined ? null : { frame: frameOf(definition.show), point, isProjected },
      });
    };
    const down = (event: PointerEvent) => {
      const context = latest.current;
      context.store.setState({ activePane: definition.id });
      gesture = gestureOf(event, context, definition);
      if (gesture === undefined) return;
      [lastX, lastY] = [event.clientX, event.clientY];
      target.setPointerCapture(event.pointerId);
      if (gesture === 'triangulate') go(event);
      if (gesture === 'move') lastPoint = pointUnder(context, definition, ...position(event));
    };
    const move = (event: PointerEvent) => {
      if (gesture === undefined) return hover(event);
      const [dx, dy] = [event.clientX - lastX, event.clientY - lastY];
      [lastX, lastY] = [event.clientX, event.clientY];
      const pane = latest.current.panes.get(definition.id);
      if (gesture === 'triangulate') go(event);
      else if (gesture === 'move') dragPet(event);
      else if (gesture === 'window') dragWindow(latest.current, definition, dx, dy);
      else if (gesture === 'pan') pane?.pan(dx, dy);
      else pane?.zoom(1.01 ** -dy);
    };
    const up = (event: PointerEvent) => {
      if (gesture === 'move') dragPet(event);
      gesture = undefined;
    };
    const leave = () => latest.current.store.setState({ hover: null });
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const context = latest.current;
      context.store.setState({ activePane: definition.id });
      const notches = Math.sign(event.deltaY);
      if (event.ctrlKey) context.panes.get(definition.id)?.zoom(1.1 ** -notches, position(event));
      else if (definition.kind === 'mip') turn(context.store, notches * DEGREES_PER_NOTCH);
      else page(context, definition, notches);
    };
    const alone = () =>
      latest.current.store.setState(({ maximised }) => ({
        maximised: maximised === null ? definition.id : null,
      }));
    const noMenu = (event: MouseEvent) => event.preventDefault();

    const listeners = {
      pointerdown: down,
      pointermove: move,
      pointerup: up,
      pointercancel: up,
      pointerleave: leave,
      dblclick: alone,
      contextmenu: noMenu,
    } as const;
    for (const [name, listener] of Object.entries(listeners)) {
      target.addEventListener(name, listener as EventListener);
    }
    target.addEventListener('wheel', wheel, { passive: false });
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        target.removeEventListener(name, listener as EventListener);
      }
      target.removeEventListener('wheel', wheel);
    };
  }, [element, definition, latest]);
}
