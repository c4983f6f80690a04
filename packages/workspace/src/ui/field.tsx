import { type ComponentProps, type ReactNode, useId } from 'react';
import { classes } from './classes.ts';

const box =
  'rounded-md border border-line bg-ground px-2 text-text placeholder:text-faint hover:border-muted disabled:opacity-45';

export function TextInput({
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'className'> & { readonly className?: string }) {
  return <input className={classes(box, 'h-8 w-full text-[13px]', className)} {...rest} />;
}

export function Select({
  className,
  isSmall = false,
  ...rest
}: Omit<ComponentProps<'select'>, 'className'> & {
  readonly className?: string;
  readonly isSmall?: boolean;
}) {
  const size = isSmall ? 'h-7 text-[12px]' : 'h-8 text-[13px]';
  return <select className={classes(box, 'pr-1', size, className)} {...rest} />;
}

/** A label above its control. */
export function Field({
  label,
  children,
}: {
  readonly label: string;
  readonly children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-[12px] text-muted">
        {label}
      </label>
      {children(id)}
    </div>
  );
}
