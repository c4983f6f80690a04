import { IconButton } from '../ui/index.ts';
import { keyText } from './action.ts';
import type { Dispatcher } from './dispatcher.ts';

/** The toolbar's face of an action. */
export function ActionButton<Context>({
  dispatcher,
  id,
  context,
  withLabel = false,
  className,
}: {
  readonly dispatcher: Dispatcher<Context>;
  readonly id: string;
  readonly context: Context;
  readonly withLabel?: boolean;
  readonly className?: string;
}) {
  const action = dispatcher.find(id);
  const Icon = action.icon;
  const key = action.keys[0];
  return (
    <IconButton
      label={action.label}
      hint={key === undefined ? undefined : keyText(key)}
      isPressed={action.isOn?.(context)}
      disabled={!action.isEnabled(context)}
      onClick={() => void dispatcher.run(id)}
      className={className}
    >
      {Icon !== undefined && <Icon size={16} aria-hidden />}
      {withLabel && <span>{action.label}</span>}
    </IconButton>
  );
}
