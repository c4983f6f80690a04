import { type Configuration, checkTlsFiles } from '../../config/index.ts';
import { type DoctorFinding, ok, problem, warning } from './finding.ts';

const DAY_MS = 86_400_000;
/** Long enough to get another one in a hospital. */
const WARNING_DAYS = 30;

/** Every certificate and key that the configuration names: readable, belonging together, and how long still valid. */
export function checkCertificates(configuration: Configuration, now: Date): DoctorFinding[] {
  const { problems, certificates } = checkTlsFiles(configuration, now);
  const bad = problems.map(({ path, code, message, remedy }) =>
    problem(`certificate ${path.map(String).join('.')}`, `${code}: ${message}`, remedy),
  );
  const good = certificates
    .filter(({ path }) => !problems.some((found) => found.path.join('.') === path.join('.')))
    .map(({ setting, subject, validTo }) => {
      const days = Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
      const found = `${subject}, valid until ${validTo.toISOString().slice(0, 10)} (${days} days)`;
      return days <= WARNING_DAYS
        ? warning(`certificate ${setting}`, found, 'renew it in time')
        : ok(`certificate ${setting}`, found);
    });
  return [...bad, ...good];
}
