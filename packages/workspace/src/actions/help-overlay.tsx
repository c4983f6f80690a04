import { Dialog, Key } from '../ui/index.ts';
import { keyText } from './action.ts';
import type { Dispatcher } from './dispatcher.ts';

const mouse: readonly (readonly [string, string])[] = [
  [
    'Click or drag in a pane',
    'Go there in all panes; in the MIP to the brightest voxel on the line of sight',
  ],
  ['Wheel', 'Page through the planes; turn the MIP'],
  ['Ctrl + wheel, right drag', 'Zoom'],
  ['Middle drag, Shift + drag', 'Move the picture'],
  ['Drag with the window tool', 'CT window, or upper end of the SUV range'],
  ['Double click', 'One pane alone, and back'],
];

/** Every action that has a key, by group, from the same list that drives the keys. */
export function HelpOverlay<Context>({
  dispatcher,
  isOpen,
  onClose,
}: {
  readonly dispatcher: Dispatcher<Context>;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const groups = Map.groupBy(
    dispatcher.actions.filter((action) => action.keys.length > 0),
    (action) => action.group,
  );
  return (
    <Dialog title="Keys and mouse" isOpen={isOpen} onClose={onClose} className="w-[min(64rem,92vw)]">
      <div className="columns-2 gap-8 text-[13px] lg:columns-3">
        {[...groups].map(([group, actions]) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-[11px] font-medium uppercase tracking-wider text-muted">{group}</h3>
            <dl className="space-y-0.5">
              {actions.map((action) => (
                <div key={action.id} className="flex items-baseline justify-between gap-3">
                  <dt className="text-text">{action.label}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {action.keys.map((key) => (
                      <Key key={key}>{keyText(key)}</Key>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section className="mb-4 break-inside-avoid">
          <h3 className="mb-1 text-[11px] font-medium uppercase tracking-wider text-muted">Mouse</h3>
          <dl className="space-y-1">
            {mouse.map(([gesture, meaning]) => (
              <div key={gesture}>
                <dt className="text-text">{gesture}</dt>
                <dd className="text-muted">{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
