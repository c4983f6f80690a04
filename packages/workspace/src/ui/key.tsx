import type { ReactNode } from 'react';

export function Key({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="inline-block min-w-5 rounded border border-line bg-raised px-1 text-center font-sans text-[11px] leading-[18px] text-text">
      {children}
    </kbd>
  );
}
