/** The photopeak of a gamma spectrum. */
export function Mark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" fill="none">
      <path
        d="M2 26h7c4 0 5-1.5 6-9.5.6-5 1.2-9.5 2-9.5s1.4 4.5 2 9.5c1 8 2 9.5 6 9.5h5"
        stroke="currentColor"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
