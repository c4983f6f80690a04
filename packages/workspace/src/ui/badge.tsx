import type { ReactNode } from 'react';
import { classes } from './classes.ts';

const tones = {
  neutral: 'border-line text-muted',
  ai: 'border-ai/40 text-ai',
  good: 'border-good/40 text-good',
  check: 'border-check/40 text-check',
  bad: 'border-bad/50 text-bad',
} as const;

export type Tone = keyof typeof tones;

/** A state in words; its colour only repeats what the words and the icon say. */
export function Badge({
  tone = 'neutral',
  title,
  children,
  className,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex h-[20px] items-center gap-1 whitespace-nowrap rounded border px-1.5 text-[11px] font-medium',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}
