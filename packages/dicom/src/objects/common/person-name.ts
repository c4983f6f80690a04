/** `Anna Smith` as the PN `Smith^Anna` (PS3.5 §6.2.1); what is a PN already stays. */
export function toPersonName(name: string): string {
  const clean = name.replaceAll(/[\\=\p{Cc}]/gu, ' ').trim();
  if (clean.includes('^')) return clean.slice(0, 64);
  const parts = clean.split(/\s+/);
  const family = parts.pop() ?? '';
  return (parts.length === 0 ? family : `${family}^${parts.join(' ')}`).slice(0, 64);
}
