import { Activity, type LucideIcon, Route, ScanSearch, Send, Users } from 'lucide-react';
import type { Role } from '../api/index.ts';

interface AdministrationLink {
  readonly to: '/quality' | '/routes' | '/deliveries' | '/patients' | '/system';
  readonly label: string;
  readonly icon: LucideIcon;
  /** Who needs it besides administrators. */
  readonly alsoFor?: readonly Role[];
}

/** The pages beside reading: for administrators, and the quality list for physicists and technologists. */
const administration: readonly AdministrationLink[] = [
  { to: '/routes', label: 'Routes', icon: Route },
  { to: '/deliveries', label: 'Deliveries', icon: Send },
  { to: '/patients', label: 'Patients', icon: Users },
  { to: '/quality', label: 'Quality', icon: ScanSearch, alsoFor: ['physicist', 'technologist'] },
  { to: '/system', label: 'System', icon: Activity },
];

/** The pages for somebody's roles. */
export const pagesFor = (roles: readonly Role[]): readonly AdministrationLink[] =>
  administration.filter(
    ({ alsoFor = [] }) => roles.includes('administrator') || alsoFor.some((role) => roles.includes(role)),
  );
