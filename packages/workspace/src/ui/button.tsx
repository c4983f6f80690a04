import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { classes } from './classes.ts';

const looks = {
  plain: 'border-line bg-raised text-text hover:border-muted',
  primary: 'border-text bg-text text-ground hover:bg-white',
  quiet: 'border-transparent bg-transparent text-muted hover:bg-raised hover:text-text',
} as const;

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'>;

export function Button({
  look = 'plain',
  className,
  type = 'button',
  ...rest
}: Native & { readonly look?: keyof typeof looks; readonly className?: string }) {
  return (
    <button
      type={type}
      className={classes(
        'inline-flex h-8 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border px-3 text-[13px]',
        'font-medium disabled:cursor-not-allowed disabled:opacity-45',
        looks[look],
        className,
      )}
      {...rest}
    />
  );
}

/** A small button of a toolbar, with its name and key as a tip. */
export function IconButton({
  label,
  hint,
  isPressed,
  children,
  className,
  ...rest
}: Native & {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly isPressed?: boolean | undefined;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isPressed}
      data-tip={hint === undefined ? label : `${label}  ·  ${hint}`}
      className={classes(
        'tip inline-flex h-7 min-w-7 items-center justify-center gap-1.5 whitespace-nowrap rounded-md px-1.5',
        'text-[12px] text-muted hover:bg-raised hover:text-text disabled:cursor-not-allowed disabled:opacity-40',
        'aria-pressed:bg-raised aria-pressed:text-text aria-pressed:inset-ring aria-pressed:inset-ring-line',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
