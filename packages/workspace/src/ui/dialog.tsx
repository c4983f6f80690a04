import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';
import { classes } from './classes.ts';

/** The browser's own modal dialog: it holds the focus, Escape closes it, and the page behind is inert. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  className,
}: {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly className?: string;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element === null) return;
    if (isOpen && !element.open) {
      element.showModal();
      // What the dialog was opened for comes before the button that closes it.
      element.querySelector<HTMLElement>('input, select')?.focus();
    }
    if (!isOpen && element.open) element.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onClose={onClose}
      className={classes(
        'm-auto max-h-[88vh] overflow-auto rounded-lg border border-line bg-surface p-5 text-text shadow-2xl',
        'backdrop:bg-black/60',
        className,
      )}
    >
      {isOpen && (
        <>
          <header className="mb-3 flex items-center justify-between gap-6">
            <h2 id={heading} className="text-[15px] font-semibold">
              {title}
            </h2>
            <IconButton label="Close" hint="Esc" onClick={onClose} className="tip-left">
              <X size={16} aria-hidden />
            </IconButton>
          </header>
          {children}
        </>
      )}
    </dialog>
  );
}
