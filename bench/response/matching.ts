/**
 * Matching of lesions between two time points on simulated pairs: F1 of the links, sensitivity and precision for new
 * lesions, and how often the state of a lesion is right.
 *
 *   node bench/response/matching.ts [--seeds 1001-1500] [--residuals 0,3,6]
 *
 * The residual is the error of the registration, root mean square in mm, which the matching is told. Seeds below 1000
 * were used for tuning. Simulated shapes: not comparable with figures on patients.
 */
import { matchLesions } from '@photopeak/analysis';
import { lesionPair } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const [from, to] = argument('seeds', '1001-1500').split('-').map(Number) as [number, number];
const ratio = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
const lines: string[] = [];
for (const residualMm of argument('residuals', '0,3,6').split(',').map(Number)) {
  const sum = {
    links: 0,
    found: 0,
    right: 0,
    isNew: 0,
    newFound: 0,
    newSaid: 0,
    gone: 0,
    goneFound: 0,
    pairs: 0,
  };
  let seconds = 0;
  for (let seed = from; seed <= to; seed++) {
    const pair = lesionPair({ seed, residualMm });
    const start = performance.now();
    const matches = matchLesions(pair.prior, pair.current, {
      map: pair.map,
      registrationErrorMm: residualMm,
    });
    seconds += (performance.now() - start) / 1000;
    const truth = new Set(pair.links.map((link) => link.join(' ')));
    const said = matches.flatMap(({ prior, current }) =>
      prior.flatMap((a) => current.map((b) => `${a} ${b}`)),
    );
    sum.pairs++;
    sum.links += truth.size;
    sum.found += said.length;
    sum.right += said.filter((link) => truth.has(link)).length;
    const states = (state: string, side: 'prior' | 'current') =>
      matches.filter((match) => match.state === state).flatMap((match) => match[side]);
    const saidNew = states('new', 'current');
    sum.isNew += pair.newLesions.length;
    sum.newSaid += saidNew.length;
    sum.newFound += pair.newLesions.filter((id) => saidNew.includes(id)).length;
    sum.gone += pair.resolved.length;
    sum.goneFound += pair.resolved.filter((id) => states('resolved', 'prior').includes(id)).length;
  }
  const f1 = (2 * sum.right) / (sum.links + sum.found);
  lines.push(
    `lesion matching, ${sum.pairs} simulated pairs, seeds ${from}-${to}, registration error ${residualMm} mm: ` +
      `F1 ${f1.toFixed(4)} of ${sum.links} links, new lesions sensitivity ${ratio(sum.newFound, sum.isNew).toFixed(4)} (${sum.newFound}/${sum.isNew}) ` +
      `precision ${ratio(sum.newFound, sum.newSaid).toFixed(4)}, resolved ${ratio(sum.goneFound, sum.gone).toFixed(4)} (${sum.goneFound}/${sum.gone}), ` +
      `${((seconds / sum.pairs) * 1000).toFixed(1)} ms a pair`,
  );
}
for (const line of lines) console.log(line);
process.exit(0);
